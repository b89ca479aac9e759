using Microsoft.Extensions.Logging;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Border;
using VmTools.Host.Cicerone.Resources;
using VmTools.Host.Cicerone.Verbs;
using VmTools.Host.Crashes.Settings;
using VmTools.Host.Instance;
using VmTools.Linux;

namespace VmTools.Host.Cicerone;

/// <summary>
/// The program vm_cicerone: 1. one daemon per instance, 2. the bus, 3. the port on which guests tell of crashes, 4. the name,
/// 5. the VMs that run already, 6. service until SIGTERM, SIGINT or the end of the bus. A report in hand is finished before the end.
/// </summary>
internal sealed partial class CiceroneDaemon(DaemonProgram program, CiceroneOptions options)
{
    private readonly HostInstance _instance = program.Instance;
    private readonly ILogger _log = program.Log;

    public static Task<int> RunAsync(string[] arguments) => DaemonProgram.RunAsync(
        CiceroneOptions.Program,
        arguments,
        static () => CiceroneHelp.Text,
        program => new CiceroneDaemon(
            program, CiceroneOptions.Parse(arguments, program.UsualBus, CrashConfiguration.FileOf(program.Instance.Uid, program.Instance.Environment))).RunAsync());

    private async Task RunAsync()
    {
        using var end = new EndRequest();
        Harden();

        // 1.
        using var claim = await program.TakeInstanceAsync(options.Bus);

        // 2.
        await using var bus = await program.OpenBusAsync(options.Bus);

        // 3.
        await using var parts = await CiceroneParts.ComposeAsync(_instance, options.Crashes, bus, _log);

        // 4.
        await bus.ServeAsync(new CiceroneObject(new NotifyVms(parts.Vms, _log), parts.ReadStatus, _instance.Uid, _log).Build());
        await DaemonProgram.TakeNameAsync(bus, options.Bus, CiceroneBus.Name);
        program.LimitLog();

        // 5.
        await using var list = new ConciergeList(bus, parts.Vms, _instance, _log);
        await list.StartAsync();
        LogServing(options.Bus, _instance.Directories.Runtime);

        // 6.
        await DaemonProgram.UntilEndAsync(end, bus, parts.ServerEnded);
    }

    /// <summary>Nothing that we start gains rights, and memory of ours, in which guests' memory is, is not dumped.</summary>
    private static void Harden()
    {
        Hardening.NoNewPrivileges();
        Hardening.NoCoreDumps();
    }

    [LoggerMessage(3310, LogLevel.Information, "Serving on bus {Bus}, runtime directory {Runtime}")]
    private partial void LogServing(string bus, string runtime);
}
