using System.Globalization;
using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Stop;

/// <summary>
/// Ends a VM, politely first: 1. the guest switches itself off (<see cref="GuestFarewell"/>), 2. the VMM is asked over its
/// control socket, 3. SIGTERM, 4. SIGKILL. Each step has a limit, and the end of the VMM ends the sequence at any of them.
/// </summary>
internal sealed partial class ShutdownSequence(IVmmLauncher vmms, IGuestConnector guests, TimeProvider clock, ILogger log)
{
    /// <summary>How long a VMM may take to end after each request; it writes what it holds of its disks.</summary>
    public static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(10);

    /// <summary>The same for a VMM whose guest has nothing to lose: its start failed, or nobody can reach it.</summary>
    public static readonly TimeSpan BriefLimit = TimeSpan.FromSeconds(2);

    /// <summary>VMM and device end together; the pidfds may tell it in either order.</summary>
    private static readonly TimeSpan SameEnd = TimeSpan.FromMilliseconds(300);

    /// <summary>A VMM takes a request at once, unless it hangs.</summary>
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(3);

    public async Task<ShutdownOutcome> RunAsync(ShutdownSpec order)
    {
        var (begun, name, vmm) = (clock.GetTimestamp(), order.Vm.Record.Name, order.Vm.Vmm);
        var outcome = await new GuestFarewell(guests, clock).RunAsync(order);
        if (vmm.Ended.IsCompleted || (outcome is FarewellOutcome.Done or FarewellOutcome.DoneByKernel && await SwitchesOffAsync(order)))
        {
            return new ShutdownOutcome(true, outcome == FarewellOutcome.DoneByKernel ? SentenceFor(outcome, order, default) : null);
        }

        var sentence = SentenceFor(order.Force.IsCompleted ? FarewellOutcome.Forced : outcome, order, clock.GetElapsedTime(begun));
        order.Step("Ending the VMM");
        LogForced(name, sentence);
        return new ShutdownOutcome(await EndAsync(order.Vm.Record, vmm, ExitLimit), sentence);
    }

    /// <summary>For a VMM whose guest is out of reach or not worth asking.</summary>
    public Task<bool> EndVmmAsync(RunningVm vm) => EndAsync(vm.Record, vm.Vmm, BriefLimit);

    /// <summary>Steps 2 to 4.</summary>
    public async Task<bool> EndAsync(VmRecord record, IHostProcess vmm, TimeSpan limit)
    {
        if (vmm.Ended.IsCompleted || (await TryQuitAsync(record) && await EndsWithinAsync(vmm, limit)))
        {
            return true;
        }

        vmm.Signal(Signal.Term);
        if (await EndsWithinAsync(vmm, RequestLimit))
        {
            return true;
        }

        vmm.Signal(Signal.Kill);
        return await EndsWithinAsync(vmm, ExitLimit);
    }

    /// <summary>True when the VMM is what ended; false when it lives on without its device.</summary>
    public Task<bool> VmmFollowsDeviceAsync(RunningVm vm) => EndsWithinAsync(vm.Vmm, SameEnd);

    /// <summary>Gives the device the moment it takes to write down what the guest said last.</summary>
    public Task<bool> DeviceFollowsVmmAsync(RunningVm vm) => EndsWithinAsync(vm.Device, BriefLimit);

    /// <summary>For a VMM that is known by its control socket only; there may be none at all.</summary>
    public async Task AskToQuitAsync(VmRecord record) => await TryQuitAsync(record);

    /// <summary>The guest's programs have ended; what is left is its kernel's to do.</summary>
    private async Task<bool> SwitchesOffAsync(ShutdownSpec order)
    {
        order.Step("Waiting for the machine to switch off");
        var ends = EndsWithinAsync(order.Vm.Vmm, ExitLimit);
        return await Task.WhenAny(ends, order.Force) == ends ? await ends : order.Vm.Vmm.Ended.IsCompleted;
    }

    private static string SentenceFor(FarewellOutcome outcome, ShutdownSpec order, TimeSpan waited)
    {
        const string Checked = "its disk will be checked at the next start";
        var name = order.Vm.Record.Name;
        return outcome switch
        {
            FarewellOutcome.Forced => $"VM '{name}' was ended without waiting for its guest; {Checked}.",
            FarewellOutcome.Paused => $"VM '{name}' was paused ({order.Pause() ?? "by its VMM"}), so its guest could not switch itself off, and was ended; {Checked}.",
            FarewellOutcome.DoneByKernel =>
                $"VM '{name}' did not take the request to switch itself off, so its kernel wrote the disks and did; its programs were not asked to end.",
            _ => string.Create(
                CultureInfo.InvariantCulture, $"VM '{name}' did not switch itself off within {waited.TotalSeconds:0} s and was ended; {Checked}."),
        };
    }

    private async Task<bool> TryQuitAsync(VmRecord record)
    {
        using var deadline = new CancellationTokenSource(RequestLimit, clock);
        try
        {
            await vmms.QuitAsync(record.BackEnd, record.ControlSocket, deadline.Token);
            return true;
        }
        catch (Exception refused) when (refused is VmToolsException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<bool> EndsWithinAsync(IHostProcess process, TimeSpan limit)
    {
        try
        {
            await process.Ended.WaitAsync(limit, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    [LoggerMessage(3020, LogLevel.Warning, "VM {Vm}: its VMM is asked to end. {Why}")]
    private partial void LogForced(string vm, string why);
}
