namespace VmTools.DBus;

/// <summary>
/// A method call to make. The caller keeps the body; descriptors in it are duplicated into the message, so that the body
/// may be disposed once the call has returned.
/// </summary>
public sealed record BusCall(string Destination, string Path, string Interface, string Member)
{
    /// <summary>The arguments; empty unless said otherwise.</summary>
    public BusBody Body { get; init; } = BusBody.Empty;

    /// <summary>How long the answer may take. D-Bus's customary 25 s unless said otherwise.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Whether the bus may start the service to deliver this call.</summary>
    public bool MayActivate { get; init; } = true;
}
