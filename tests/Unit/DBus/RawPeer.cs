using Tmds.DBus.Protocol;

namespace VmTools.Unit.DBus;

/// <summary>A peer that sends what our own connection would not: signals addressed to one receiver, with any names in them.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly DBusConnection _connection;

    private RawPeer(DBusConnection connection) => _connection = connection;

    internal static async Task<RawPeer> ConnectAsync(TestBus bus)
    {
        var peer = new RawPeer(new DBusConnection(bus.Address));
        await peer._connection.ConnectAsync();
        return peer;
    }

    /// <summary>Has left for the bus, and so comes before what others are told to send afterwards.</summary>
    internal async Task SignalAsync(string destination, string path, string @interface, string member, params string[] arguments)
    {
        _connection.TrySendMessage(Signal(destination, path, @interface, member, arguments));
        _ = await _connection.ListServicesAsync();
    }

    public void Dispose() => _connection.Dispose();

    private MessageBuffer Signal(string destination, string path, string @interface, string member, string[] arguments)
    {
        using var writer = _connection.GetMessageWriter();
        writer.WriteSignalHeader(destination, path, @interface, member, arguments.Length == 0 ? null : new string('s', arguments.Length));
        foreach (var argument in arguments)
        {
            writer.WriteString(argument);
        }

        return writer.CreateMessage();
    }
}
