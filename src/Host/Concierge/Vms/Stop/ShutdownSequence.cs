using System.Globalization;
using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Vmm;

namespace VmTools.Host.Concierge.Vms.Stop;

/// <summary>
/// Ends a VM, politely first: 1. the guest switches itself off (<see cref="GuestFarewell"/>), 2. the VMM is ended
/// (<see cref="VmmEnd"/>). Each step has a limit, and the end of the VMM ends the sequence at any of them.
/// </summary>
internal sealed partial class ShutdownSequence(VmmEnd vmmEnd, IGuestConnector guests, TimeProvider clock, ILogger log)
{
    public async Task<ShutdownOutcome> RunAsync(ShutdownSpec spec)
    {
        var (begun, name, vmm) = (clock.GetTimestamp(), spec.Vm.Record.Name, spec.Vm.Vmm);
        var outcome = await new GuestFarewell(guests, clock).RunAsync(spec);
        if (vmm.Ended.IsCompleted || (outcome is FarewellOutcome.Done or FarewellOutcome.DoneByKernel && await SwitchesOffAsync(spec)))
        {
            return new ShutdownOutcome(true, outcome == FarewellOutcome.DoneByKernel ? SentenceFor(outcome, spec, default) : null);
        }

        var sentence = SentenceFor(spec.Force.IsCompleted ? FarewellOutcome.Forced : outcome, spec, clock.GetElapsedTime(begun));
        spec.Step("Ending the VMM");
        LogForced(name, sentence);
        return new ShutdownOutcome(await vmmEnd.RunAsync(spec.Vm.Record, vmm, VmmEnd.ExitLimit), sentence);
    }

    /// <summary>The guest's programs have ended; what is left is its kernel's to do.</summary>
    private async Task<bool> SwitchesOffAsync(ShutdownSpec spec)
    {
        spec.Step("Waiting for the machine to switch off");
        var ends = spec.Vm.Vmm.EndsWithinAsync(VmmEnd.ExitLimit, clock);
        return await Task.WhenAny(ends, spec.Force) == ends ? await ends : spec.Vm.Vmm.Ended.IsCompleted;
    }

    private static string SentenceFor(FarewellOutcome outcome, ShutdownSpec spec, TimeSpan waited)
    {
        const string Checked = "its disk will be checked at the next start";
        var name = spec.Vm.Record.Name;
        return outcome switch
        {
            FarewellOutcome.Forced => $"VM '{name}' was ended without waiting for its guest; {Checked}.",
            FarewellOutcome.Paused =>
                $"VM '{name}' was paused ({spec.Pause() ?? "by its VMM"}), so its guest could not switch itself off, "
                + $"and was ended; {Checked}.",
            FarewellOutcome.DoneByKernel =>
                $"VM '{name}' did not take the request to switch itself off, so its kernel wrote the disks and did; "
                + "its programs were not asked to end.",
            _ => string.Create(
                CultureInfo.InvariantCulture,
                $"VM '{name}' did not switch itself off within {waited.TotalSeconds:0} s and was ended; {Checked}."),
        };
    }

    [LoggerMessage(3020, LogLevel.Warning, "VM {Vm}: its VMM is asked to end. {Why}")]
    private partial void LogForced(string vm, string why);
}
