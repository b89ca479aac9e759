namespace VmTools.DBus;

/// <summary>A signal declared in an interface, with its signature.</summary>
public sealed record ServedSignal(string Member, string Signature)
{
    /// <summary>Names of the arguments for introspection, as many as the signature has; or none.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];
}
