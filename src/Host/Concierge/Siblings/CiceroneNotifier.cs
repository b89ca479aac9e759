using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol.Messages.Cicerone;
using WireType = VmTools.Protocol.Messages.Apps.VmType;

namespace VmTools.Host.Concierge.Siblings;

/// <summary>
/// Tells vm_cicerone which VMs run. One loop makes the calls in the order of the news, each with a short limit, and nobody waits for
/// it. What it misses, because it does not run or is slow, it reads from ListVms.
/// </summary>
internal sealed partial class CiceroneNotifier : IVmEvents, IAsyncDisposable
{
    /// <summary>More news than this of a cicerone that does not answer is dropped, the newest first.</summary>
    private const int MostWaiting = 256;

    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);

    private readonly ConciergeEdges _edges;
    private readonly TimeProvider _clock;
    private readonly Channel<(string Member, IMessage Request)> _news = Channel.CreateBounded<(string, IMessage)>(MostWaiting);
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _telling;

    public CiceroneNotifier(ConciergeEdges edges, TimeProvider clock)
    {
        (_edges, _clock) = (edges, clock);
        _telling = TellAllAsync();
    }

    public void StartingUp(VmSnapshot vm)
    {
        // Its list is of VMs that answer.
    }

    public void Started(VmSnapshot vm) => Tell("NotifyVmStarted", new NotifyVmStartedRequest
    {
        VmName = vm.Id.Name.Value,
        OwnerId = vm.Id.Owner.Value,
        Cid = vm.Cid?.Value ?? 0,
        Pid = (uint)(vm.VmmPid ?? 0),
        VmType = (WireType)vm.Type.AppsNumber(),
    });

    public void Stopping(VmSnapshot vm) =>
        Tell("NotifyVmStopping", new NotifyVmStoppingRequest { VmName = vm.Id.Name.Value, OwnerId = vm.Id.Owner.Value });

    public void Stopped(VmSnapshot vm, VmStopReason reason) =>
        Tell("NotifyVmStopped", new NotifyVmStoppedRequest { VmName = vm.Id.Name.Value, OwnerId = vm.Id.Owner.Value });

    public void ConditionChanged(VmSnapshot vm)
    {
        // It still is that VM.
    }

    public void StopStep(VmId vm, string sentence)
    {
        // For people.
    }

    public void StartStep(VmId vm, string sentence)
    {
        // For people.
    }

    public void InstallState(VmId vm, VmInstallReport report)
    {
        // For people.
    }

    /// <summary>What is known by now is still told, within one call's limit.</summary>
    public async ValueTask DisposeAsync()
    {
        _news.Writer.TryComplete();
        try
        {
            await _telling.WaitAsync(CallLimit, _clock);
        }
        catch (TimeoutException)
        {
            await _ending.CancelAsync();
            await _telling;
        }

        _ending.Dispose();
    }

    private void Tell(string member, IMessage request) => _news.Writer.TryWrite((member, request));

    private async Task TellAllAsync()
    {
        try
        {
            await foreach (var (member, request) in _news.Reader.ReadAllAsync(_ending.Token))
            {
                await TellAsync(member, request);
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The next daemon's list is read instead.
        }
    }

    private async Task TellAsync(string member, IMessage request)
    {
        try
        {
            using var sent = BusBody.Of(request.ToByteArray());
            using var answer = await _edges.Bus.CallAsync(
                new BusCall(CiceroneBus.Name, CiceroneBus.Path, CiceroneBus.Interface, member) { Body = sent, Limit = CallLimit, MayActivate = false },
                _ending.Token);
        }
        catch (DBusException absent) when (absent.Name is BusErrors.ServiceUnknown or BusErrors.NameHasNoOwner or BusErrors.NoReply or BusErrors.Disconnected)
        {
            // Whichever comes next reads the list.
        }
        catch (Exception refused) when (refused is DBusException or TimeoutException)
        {
            LogNotTold(_edges.Log, member, refused.Message);
        }
    }

    [LoggerMessage(3052, LogLevel.Warning, "vm_cicerone did not take {Member}, so it may not know a VM until it is started anew: {Why}")]
    private static partial void LogNotTold(ILogger log, string member, string why);
}
