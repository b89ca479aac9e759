namespace VmTools.DBus;

/// <summary>
/// A D-Bus error: what a peer answered instead of a reply, or what a served method wants its caller to get. The name is
/// one of <see cref="BusErrors"/> or any other error name; the message is the sentence that travels with it.
/// </summary>
public sealed class DBusException : IOException
{
    public DBusException(string name, string message, Exception? cause = null)
        : base(message, cause) => Name = name;

    /// <summary>The error name, for example <c>org.freedesktop.DBus.Error.ServiceUnknown</c>.</summary>
    public string Name { get; }
}
