using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Border;
using VmTools.Host.Cicerone.Resources;
using VmTools.Host.Cicerone.Verbs;
using VmTools.Host.Crashes.Settings;
using VmTools.Host.Instance;
using VmTools.Host.Settings;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone;

/// <summary>
/// The program vm_cicerone: 1. one daemon per runtime directory, 2. the bus, 3. the port on which guests tell of crashes, 4. the name,
/// 5. the VMs that run already, 6. service until SIGTERM, SIGINT or the end of the bus. A report in hand is finished before the end.
/// </summary>
internal sealed partial class CiceroneDaemon(HostInstance instance, CiceroneOptions options, ILogger log)
{
    private const int Failed = 1;
    private const int Usage = 2;

    /// <summary>Another daemon serves this instance, which is no failure of the system.</summary>
    private const int AlreadyRunning = 3;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var instance = HostInstance.OfCaller();
        if (new DaemonArguments(CiceroneOptions.Program, arguments).AskForHelp)
        {
            await Console.Out.WriteAsync(CiceroneHelp.Text);
            return 0;
        }

        try
        {
            var options = CiceroneOptions.Parse(
                arguments, DaemonBus.Of(instance.Environment, instance.Uid), CrashConfiguration.FileOf(instance.Uid, instance.Environment));
            return await new CiceroneDaemon(instance, options, LineLog.ToStandardError(CiceroneOptions.Program, instance.Clock)).RunAsync();
        }
        catch (Exception refused) when (refused is VmToolsException or DBusException)
        {
            await Console.Error.WriteLineAsync($"{CiceroneOptions.Program}: {refused.Message}");
            return refused is VmToolsException { Kind: ErrorKind.InvalidArgument } ? Usage : Failed;
        }
    }

    private async Task<int> RunAsync()
    {
        using var end = new EndRequest();
        Harden();

        // 1.
        instance.EnsureRuntime();
        using var only = FileLock.TryTake(Path.Combine(instance.Directories.Runtime, $"{CiceroneOptions.Program}.lock"));
        if (only is null)
        {
            await Console.Error.WriteLineAsync($"{CiceroneOptions.Program}: Another vm_cicerone serves {instance.Directories.Runtime} already.");
            return AlreadyRunning;
        }

        // 2.
        await using var bus = await BusConnection.OpenAsync(options.Bus, instance.Clock, CancellationToken.None);

        // 3.
        await using var parts = await CiceroneParts.ComposeAsync(instance, options.Crashes, bus, log);

        // 4.
        await bus.ServeAsync(new CiceroneObject(new NotifyVms(parts.Vms, log), parts.ReadStatus, instance.Uid, log).Build());
        if (await bus.RequestNameAsync(CiceroneBus.Name, CancellationToken.None) != NameOutcome.Owned)
        {
            await Console.Error.WriteLineAsync($"{CiceroneOptions.Program}: The bus {options.Bus} has another {CiceroneBus.Name} already.");
            return AlreadyRunning;
        }

        // 5.
        await using var list = new ConciergeList(bus, parts.Vms, instance, log);
        await list.StartAsync();
        LogServing(options.Bus, instance.Directories.Runtime);

        // 6.
        var first = await Task.WhenAny(end.Asked, bus.Closed);
        return first == bus.Closed ? Failed : 0;
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
