using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Host.GuestText;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>Waits for a guest to say that it is ready, and explains with the last lines it wrote why it did not.</summary>
internal sealed class ReadyWait(VmPaths paths, VmRecord record, TimeSpan limit, TimeProvider clock)
{
    private const int Lines = 20;

    private readonly ConsoleHistory _console = ConsoleHistory.Of(paths.Directories, record);

    public async Task RunAsync(Task ready, IHostProcess vmm, IHostProcess device, CancellationToken cancel)
    {
        try
        {
            await Task.WhenAny(ready, vmm.Ended, device.Ended).WaitAsync(limit, clock, cancel);
        }
        catch (TimeoutException)
        {
            throw Explain(
                ErrorKind.DeadlineExceeded, VmmSaid(), $"VM '{paths.Id}' was not ready within {limit.TotalSeconds:0} seconds{AndPanic()}.");
        }

        if (ready.IsCompleted)
        {
            return;
        }

        // Where both ended, the cause is the VMM's.
        if (await vmm.EndsWithinAsync(HostProcessEnd.SameEnd, clock))
        {
            // The device writes the console: once it has ended, the last lines are in the log.
            await device.EndsWithinAsync(VmmEnd.BriefLimit, clock);
            throw Explain(ErrorKind.Unavailable, VmmSaid(), _console.Panic() is { } panic
                ? $"VM '{paths.Id}' died before it was ready: {panic}."
                : $"The VMM of VM '{paths.Id}' {await vmm.Ended} before the guest was ready.");
        }

        throw Explain(
            ErrorKind.Unavailable,
            LogTail.Quote("The vsock device says", paths.DeviceLog, Lines),
            $"The vsock device of VM '{paths.Id}' {await device.Ended} before the guest was ready.");
    }

    private VmToolsException Explain(ErrorKind kind, string said, string sentence) =>
        new(kind, sentence
            + said
            + LogTail.Quote("The last lines of the console", _console.LastLines(Lines))
            + $"\nThe whole console is in {_console.File}; 'vmc logs' shows it.");

    private string VmmSaid() => LogTail.Quote("The VMM says", paths.VmmLog, Lines);

    private string AndPanic() => _console.Panic() is { } panic ? $"; it died of a {panic}" : "";
}
