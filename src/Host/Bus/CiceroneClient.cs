using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Instance;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Bus;

/// <summary>vm_cicerone as its clients see it: one message out, one message back, failures as our own exception.</summary>
internal sealed class CiceroneClient(BusConnection connection, OwnerId owner)
{
    private static readonly TimeSpan ListLimit = TimeSpan.FromSeconds(25);

    /// <summary>A list of VMs is not held up for the number of their containers.</summary>
    private static readonly TimeSpan CountLimit = TimeSpan.FromSeconds(2);

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

    /// <summary>How many containers run in each of the caller's VMs that has any; null where vm_cicerone does not say.</summary>
    public async Task<IReadOnlyDictionary<string, int>?> TryCountContainersAsync(CancellationToken cancel)
    {
        try
        {
            var answer = await CallAsync(
                "ListRunningContainers",
                new ListRunningContainersRequest { OwnerId = Owner.Value },
                ListRunningContainersResponse.Parser, CountLimit, cancel);
            return answer.Containers.CountBy(container => container.VmName).ToDictionary(StringComparer.Ordinal);
        }
        catch (VmToolsException)
        {
            return null;
        }
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
