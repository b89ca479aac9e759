using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Instance;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>vm_concierge as its clients see it: one message out, one message back, failures as our own exception.</summary>
internal sealed class ConciergeClient : IAsyncDisposable
{
    private readonly BusConnection _connection;

    public ConciergeClient(BusConnection connection, OwnerId owner)
    {
        (_connection, Owner) = (connection, owner);
        Cicerone = new CiceroneClient(connection, owner);
    }

    /// <summary>vm_cicerone on the same bus, which vm_concierge keeps running.</summary>
    public CiceroneClient Cicerone { get; }

    /// <summary>Whose VMs are meant: the caller's.</summary>
    public OwnerId Owner { get; }

    /// <summary>Finds the daemon, starting it and a bus for it if need be. Notices are sentences for standard error.</summary>
    public static async Task<ConciergeClient> ConnectAsync(HostInstance instance, Action<string> notice, CancellationToken cancel) =>
        new(await new ConciergeFinder(instance, notice).FindAsync(cancel), instance.Owner);

    /// <summary>What the daemon says of itself; null where it does not.</summary>
    public Task<DaemonRecord?> AskAsync(CancellationToken cancel) => ServedInstance.AskAsync(_connection, cancel);

    /// <summary>Null when no daemon runs; nothing is started.</summary>
    public static async Task<ConciergeClient?> TryConnectAsync(HostInstance instance, CancellationToken cancel) =>
        await new ConciergeFinder(instance, static _ => { }).TryFindRunningAsync(cancel) is { } connection
            ? new ConciergeClient(connection, instance.Owner)
            : null;

    /// <summary>Calls a method of the original's interface that takes and gives one message.</summary>
    public Task<TReply> CallAsync<TReply>(
        string member, IMessage request, MessageParser<TReply> reply, TimeSpan limit, CancellationToken cancel)
        where TReply : IMessage<TReply> =>
        CallAsync(new ConciergeCall(member, BusBody.Of(request.ToByteArray()), limit), reply, cancel);

    /// <summary>Calls with a body of the caller's making, for methods that take more than a message.</summary>
    public async Task<TReply> CallAsync<TReply>(ConciergeCall call, MessageParser<TReply> reply, CancellationToken cancel)
        where TReply : IMessage<TReply>
    {
        using var body = await CallAsync(call, cancel);
        return reply.ParseFrom(body.Bytes(0).Span);
    }

    public async Task<BusBody> CallAsync(ConciergeCall call, CancellationToken cancel)
    {
        using var sent = call.Body;
        try
        {
            return await _connection.CallAsync(
                new BusCall(ConciergeBus.Name, ConciergeBus.Path, call.Interface, call.Member) { Body = sent, Limit = call.Limit }, cancel);
        }
        catch (DBusException refused)
        {
            throw DaemonFailure.Of(ConciergeBus.Program, call.Member, refused);
        }
        catch (TimeoutException late)
        {
            throw new VmToolsException(ErrorKind.DeadlineExceeded, late.Message, late);
        }
    }

    /// <summary>Signals of the daemon, from either interface.</summary>
    public Task<BusSubscription> SubscribeAsync(string @interface, string member, CancellationToken cancel) =>
        _connection.SubscribeAsync(
            new MatchRule { Sender = ConciergeBus.Name, Path = ConciergeBus.Path, Interface = @interface, Member = member }, cancel);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
