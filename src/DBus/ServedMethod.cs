namespace VmTools.DBus;

/// <summary>
/// A method with its signatures, for example <c>ay</c> in and <c>ay</c> out. The handler runs on the pool, so other
/// calls are answered meanwhile; the token is cancelled when the connection closes. It throws <see cref="DBusException"/>
/// to answer with that error.
/// </summary>
public sealed record ServedMethod(
    string Member, string In, string Out, Func<BusRequest, CancellationToken, Task<BusBody>> Handler)
{
    /// <summary>Names of the arguments for introspection, as many as the signature has; or none.</summary>
    public IReadOnlyList<string> InNames { get; init; } = [];

    /// <summary>Names of the results for introspection, as many as the signature has; or none.</summary>
    public IReadOnlyList<string> OutNames { get; init; } = [];
}
