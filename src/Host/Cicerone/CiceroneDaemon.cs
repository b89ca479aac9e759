using Microsoft.Extensions.Logging;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Clients;
using VmTools.Host.CrashStore.Settings;
using VmTools.Host.Daemon;
using VmTools.Host.Instance;
using VmTools.Host.Sandbox;
using VmTools.Linux.Rights;

namespace VmTools.Host.Cicerone;

/// <summary>
/// The program vm_cicerone: 1. its sandbox, 2. one daemon per instance, 3. the bus, 4. the ports on which guests tell of crashes and of
/// containers, 5. the name, 6. the VMs that run already, and their containers, 7. service until SIGTERM, SIGINT or the end of the bus. A
/// report in hand is finished before the end. Its memory, in which guests' memory is, is not dumped.
/// </summary>
internal sealed partial class CiceroneDaemon(DaemonProgram program, CiceroneOptions options)
{
    private readonly HostInstance _instance = program.Instance;
    private readonly ILogger _log = program.Log;

    public static Task<int> RunAsync(string[] arguments) => DaemonProgram.RunAsync(
        CiceroneOptions.Program,
        arguments,
        static () => CiceroneHelp.Text,
        program =>
        {
            var file = CrashConfiguration.FileOf(program.Instance.Uid, program.Instance.Environment);
            return new CiceroneDaemon(program, CiceroneOptions.Parse(arguments, program.UsualBus, file)).RunAsync();
        });

    private async Task RunAsync()
    {
        // 1.
        var sandbox = SandboxFor();
        sandbox.Enter();
        using var end = new TerminationSignal();
        sandbox.Close(_log);

        // 2.
        using var claim = await program.TakeInstanceAsync(options.Bus);

        // 3.
        await using var bus = await program.OpenBusAsync(options.Bus);

        // 4.
        await using var composed = await CiceroneComposition.ComposeAsync(_instance, options.Crashes, bus, _log);

        // 5.
        await bus.ServeAsync(composed.Object.Build());
        await DaemonProgram.TakeNameAsync(bus, options.Bus, CiceroneBus.Name);
        program.LimitLog();

        // 6.
        await using var list = new ConciergeList(bus, composed.Vms, _instance, composed.FindContainersAsync, _log);
        await list.StartAsync();
        LogServing(options.Bus, _instance.Directories.Runtime);

        // 7.
        await DaemonProgram.UntilEndAsync(end, bus, composed.ServersEnded);
    }

    /// <summary>
    /// The user's own program may read, write and reach what the user lets it, and would inherit our rules for files: where there is one,
    /// there are none. Root's hook runs as the user <c>nobody</c>, and is ended after its time, for which three capabilities are needed.
    /// </summary>
    private DaemonSandbox SandboxFor()
    {
        var sandbox = DaemonSandbox.OfInstance(_instance, CrashConfiguration.FileOf(_instance.Uid, _instance.Environment).Path);
        return options.Crashes.UploadHook is null
            ? sandbox
            : sandbox with
            {
                Files = null,
                WithoutFiles = "the upload hook, a program of the user's, would inherit it",
                Keep = Capability.SetUserId | Capability.SetGroupId | Capability.Kill,
                StartsPrograms = true,
            };
    }

    [LoggerMessage(3310, LogLevel.Information, "Serving on bus {Bus}, runtime directory {Runtime}")]
    private partial void LogServing(string bus, string runtime);
}
