using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Instance;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>vm_cicerone as its clients see it: one message out, one message back, failures as our own exception.</summary>
internal sealed class CiceroneClient(BusConnection connection, OwnerId owner)
{
    private static readonly TimeSpan ListLimit = TimeSpan.FromSeconds(25);

    /// <summary>Whose VMs are meant: the caller's.</summary>
    public OwnerId Owner { get; } = owner;

    /// <summary>Calls a method of the original's interface that takes and gives one message.</summary>
    public async Task<TReply> CallAsync<TReply>(
        string member, IMessage request, MessageParser<TReply> reply, TimeSpan limit, CancellationToken cancel)
        where TReply : IMessage<TReply>
    {
        using var sent = BusBody.Of(request.ToByteArray());
        using var body = await CallAsync(CiceroneBus.Interface, member, sent, limit, cancel);
        return reply.ParseFrom(body.Bytes(0).Span);
    }

    /// <summary>All containers of a VM that runs, as its guest tells.</summary>
    public async Task<IReadOnlyList<ContainerReport>> ContainersAsync(string vm, CancellationToken cancel)
    {
        using var sent = BusBody.Of(Owner.Value).Add(vm);
        using var body = await CallAsync(CiceroneBus.OwnInterface, CiceroneBus.ListContainersMember, sent, ListLimit, cancel);
        return ContainerReports.Read(body.Text(0));
    }

    /// <summary>A signal of the original's interface.</summary>
    public Task<BusSubscription> SubscribeAsync(string member, CancellationToken cancel) => connection.SubscribeAsync(
        new MatchRule { Sender = CiceroneBus.Name, Path = CiceroneBus.Path, Interface = CiceroneBus.Interface, Member = member }, cancel);

    /// <summary>Each change of the process that is vm_cicerone.</summary>
    public Task<BusSubscription> WatchAsync(CancellationToken cancel) => connection.Names.WatchAsync(CiceroneBus.Name, cancel);

    private async Task<BusBody> CallAsync(string @interface, string member, BusBody body, TimeSpan limit, CancellationToken cancel)
    {
        try
        {
            return await connection.CallAsync(
                new BusCall(CiceroneBus.Name, CiceroneBus.Path, @interface, member) { Body = body, Limit = limit, MayActivate = false },
                cancel);
        }
        catch (DBusException refused)
        {
            throw DaemonFailure.Of(CiceroneBus.Program, member, refused);
        }
        catch (TimeoutException late)
        {
            throw new VmToolsException(ErrorKind.DeadlineExceeded, late.Message, late);
        }
    }
}
