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
/// Tells vm_cicerone which VMs run. One loop makes the calls in the order of the events, each with a short limit, and no VM waits for
/// it. What it misses, because it does not run or is slow, it reads from ListVms.
/// </summary>
internal sealed partial class CiceroneNotifier : IVmEvents, IAsyncDisposable
{
    /// <summary>When more calls than these wait for a cicerone that does not answer, the newest are dropped.</summary>
    private const int MostWaiting = 256;

    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);

    private readonly BusConnection _bus;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Channel<(string Member, IMessage Request)> _calls = Channel.CreateBounded<(string, IMessage)>(MostWaiting);
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _telling;

    public CiceroneNotifier(BusConnection bus, TimeProvider clock, ILogger log)
    {
        (_bus, _clock, _log) = (bus, clock, log);
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
        _calls.Writer.TryComplete();
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

    private void Tell(string member, IMessage request) => _calls.Writer.TryWrite((member, request));

    private async Task TellAllAsync()
    {
        try
        {
            await foreach (var (member, request) in _calls.Reader.ReadAllAsync(_ending.Token))
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
            using var answer = await _bus.CallAsync(
                new BusCall(CiceroneBus.Name, CiceroneBus.Path, CiceroneBus.Interface, member)
                {
                    Body = sent,
                    Limit = CallLimit,
                    MayActivate = false,
                },
                _ending.Token);
        }
        catch (DBusException absent) when (
            absent.Name is BusErrors.ServiceUnknown or BusErrors.NameHasNoOwner or BusErrors.NoReply or BusErrors.Disconnected)
        {
            // The next cicerone reads the list.
        }
        catch (Exception refused) when (refused is DBusException or TimeoutException)
        {
            LogNotTold(member, refused.Message);
        }
    }

    [LoggerMessage(3052, LogLevel.Warning, "vm_cicerone did not take {Member}, so it may not know a VM until it is started anew: {Why}")]
    private partial void LogNotTold(string member, string why);
}
