namespace VmTools.DBus;

/// <summary>
/// An object of ours on the bus. Introspection, properties and ping on it are answered from these tables.
/// </summary>
public sealed record ServedObject(string Path, IReadOnlyList<ServedInterface> Interfaces)
{
    /// <summary>Who may call it, judged by the caller's uid; others get <see cref="BusErrors.AccessDenied"/>.</summary>
    public Func<BusCaller, bool> Admits { get; init; } = static _ => true;

    public ServeLimits Limits { get; init; } = new();

    /// <summary>
    /// Told when a handler ended with anything but <see cref="DBusException"/> or cancellation: a defect, which the caller
    /// sees as <see cref="BusErrors.Failed"/> without details.
    /// </summary>
    public Action<string, Exception>? HandlerFaulted { get; init; }
}
