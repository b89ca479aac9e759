using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Daemon;
using VmTools.Host.Instance;
using VmTools.Host.Sandbox;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Concierge;

/// <summary>
/// The program vm_concierge: 1. one daemon per instance, 2. the bus, 3. the VMs of a former vm_concierge, 4. the name,
/// 5. service until SIGTERM, SIGINT or the end of the bus, 6. the end, which leaves running VMs alone.
/// </summary>
internal sealed partial class ConciergeDaemon(DaemonProgram program, ConciergeOptions options)
{
    /// <summary>Service managers allow 30 seconds before they kill.</summary>
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(25);

    private readonly HostInstance _instance = program.Instance;
    private readonly ILogger _log = program.Log;

    public static Task<int> RunAsync(string[] arguments) => DaemonProgram.RunAsync(
        ConciergeOptions.Program,
        arguments,
        static () => ConciergeOptions.Help,
        program => new ConciergeDaemon(
            program, ConciergeOptions.Parse(arguments, program.UsualBus, program.Instance.Environment)).RunAsync());

    private async Task RunAsync()
    {
        DaemonSandbox.OfVmStarter.Enter();
        using var end = new TerminationSignal();
        DaemonSandbox.OfVmStarter.Close(_log);

        // 1.
        using var claim = await program.TakeInstanceAsync(options.Bus);

        await EndMisplacedSiblingsAsync(claim);

        // 2.
        await using var idle = new IdleEnd(_instance, claim.Record.Bus, _log);
        await using var bus = await program.OpenBusAsync(options.Bus);
        await using var reaper = Reaper.ForChildren();
        await using var concierge = await ConciergeComposition.ComposeAsync(program, options, bus, reaper, claim.Record);

        // 3.
        var ended = await concierge.AdoptAsync();

        // 4.
        await bus.ServeAsync(concierge.Object.Build());
        await DaemonProgram.TakeNameAsync(bus, options.Bus, ConciergeBus.Name);
        program.LimitLog();
        concierge.TellEnded(ended);
        LogServing(options.Bus, _instance.Directories.Runtime);

        // 5.
        var why = "asked to";
        using var leave = new CancellationTokenSource();
        var needless = idle.WaitAsync(bus, claim, () => concierge.IsBusy, leave.Token);
        try
        {
            why = await UntilEndAsync(end, bus, concierge.StartupEnded, needless);
        }
        catch (Exception lost) when (lost is DBusException or VmToolsException)
        {
            why = lost.Message;
            throw;
        }
        finally
        {
            // 6.
            await leave.CancelAsync();
            await needless;
            claim.Leave();
            LogEnding(why);
            await concierge.LeaveAsync(FarewellLimit);
        }
    }

    /// <summary>Waits for the end and returns why it comes, for the log.</summary>
    /// <exception cref="DBusException">The bus has gone.</exception>
    /// <exception cref="VmToolsException">The guests' port is served no longer.</exception>
    private static async Task<string> UntilEndAsync(TerminationSignal end, BusConnection bus, Task<VmToolsException?> served, Task idle)
    {
        var asked = DaemonProgram.UntilEndAsync(end, bus, served);
        var first = await Task.WhenAny(asked, idle);
        await first;
        return first == idle ? "nobody needs it" : "asked to";
    }

    /// <summary>Sibling daemons that were left under another runtime directory hold what those of this vm_concierge need.</summary>
    private Task EndMisplacedSiblingsAsync(InstanceClaim claim) =>
        Sibling.EndAllAsync(claim.Record.State, _instance.Clock, sibling => sibling.Runtime != claim.Record.Runtime);

    [LoggerMessage(3000, LogLevel.Information, "Serving on bus {Bus}, runtime directory {Runtime}")]
    private partial void LogServing(string bus, string runtime);

    [LoggerMessage(3002, LogLevel.Information, "Ending: {Why}; running VMs are left alone")]
    private partial void LogEnding(string why);
}
