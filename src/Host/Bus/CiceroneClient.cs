using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Bus;

/// <summary>vm_cicerone as its clients see it: one message out, one message back, failures as our own exception.</summary>
internal sealed class CiceroneClient(BusConnection connection, OwnerId owner)
{
    private static readonly TimeSpan ListLimit = TimeSpan.FromSeconds(25);

    /// <summary>For a file of any length; the daemon sees to it that the guest does something.</summary>
    private static readonly TimeSpan TransferLimit = TimeSpan.FromDays(1);

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

    /// <summary>Sends a file to the VM, and ends when it is there; says where.</summary>
    /// <param name="vm">A VM that runs.</param>
    /// <param name="bytes">How long the file is; 0 where that is not known.</param>
    /// <param name="input">What is read.</param>
    /// <param name="cancel">Ends the wait; the daemon ends its work when this program leaves the bus.</param>
    public async Task<string> SendFileAsync(string vm, ulong bytes, FdHandle input, CancellationToken cancel)
    {
        using var sent = BusBody.Of(Owner.Value).Add(vm).Add(bytes).Add(input.Duplicate());
        using var body = await CallAsync(CiceroneBus.OwnInterface, CiceroneBus.ReceiveFileMember, sent, TransferLimit, cancel);
        return body.Text(0);
    }

    /// <summary>Has a container written into an archive, and ends when it is; says how long it is.</summary>
    /// <param name="vm">A VM that runs.</param>
    /// <param name="container">The container's name.</param>
    /// <param name="compression">Empty, "zstd" or "gzip".</param>
    /// <param name="output">What is written to.</param>
    /// <param name="cancel">Ends the wait; the daemon ends its work when this program leaves the bus.</param>
    public async Task<ulong> ExportAsync(string vm, string container, string compression, FdHandle output, CancellationToken cancel)
    {
        using var sent = BusBody.Of(Owner.Value).Add(vm).Add(container).Add(compression).Add(output.Duplicate());
        using var body = await CallAsync(CiceroneBus.OwnInterface, CiceroneBus.ExportContainerMember, sent, TransferLimit, cancel);
        return body.LongNumber(0);
    }

    /// <summary>MakeSnapshot, RestoreSnapshot, DeleteSnapshot or CopyContainer, with the snapshot or the copy as the other name.</summary>
    public async Task DoAsync(string member, string vm, string container, string other, CancellationToken cancel)
    {
        using var sent = BusBody.Of(Owner.Value).Add(vm).Add(container).Add(other);
        using var body = await CallAsync(CiceroneBus.OwnInterface, member, sent, TransferLimit, cancel);
    }

    /// <summary>The snapshots of a container.</summary>
    public async Task<IReadOnlyList<SnapshotReport>> SnapshotsAsync(string vm, string container, CancellationToken cancel)
    {
        using var sent = BusBody.Of(Owner.Value).Add(vm).Add(container);
        using var body = await CallAsync(CiceroneBus.OwnInterface, CiceroneBus.ListSnapshotsMember, sent, ListLimit, cancel);
        return SnapshotReports.Read(body.Text(0));
    }

    /// <summary>A signal of our own interface.</summary>
    public Task<BusSubscription> SubscribeOwnAsync(string member, CancellationToken cancel) =>
        SubscribeAsync(CiceroneBus.OwnInterface, member, cancel);

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
    public Task<BusSubscription> SubscribeAsync(string member, CancellationToken cancel) =>
        SubscribeAsync(CiceroneBus.Interface, member, cancel);

    /// <summary>Each change of the process that is vm_cicerone.</summary>
    public Task<BusSubscription> WatchAsync(CancellationToken cancel) => connection.Names.WatchAsync(CiceroneBus.Name, cancel);

    private Task<BusSubscription> SubscribeAsync(string @interface, string member, CancellationToken cancel) => connection.SubscribeAsync(
        new MatchRule { Sender = CiceroneBus.Name, Path = CiceroneBus.Path, Interface = @interface, Member = member }, cancel);

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
