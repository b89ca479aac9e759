using System.CommandLine;
using System.Globalization;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Daemon;

/// <summary>
/// <c>vmc daemon stop</c> and <c>restart</c>: the daemon, its siblings and a private bus end; VMs live on and are taken back by the next
/// daemon. A restart starts that one at once, with the directories and settings of the caller.
/// </summary>
internal sealed class DaemonStopVerb(VmcContext context)
{
    public static Command BuildStop(VmcContext context)
    {
        var verb = new VerbCommand("stop", "Ends vm_concierge and what belongs to it; VMs live on.")
        {
            Examples = [new("vmc daemon stop", "the next vmc that needs it starts it again"), new(
                "vmc stop --all && vmc daemon stop", "nothing is left running")],
        };
        verb.SetAction((_, cancel) => new DaemonStopVerb(context).StopAsync(cancel));
        return verb;
    }

    public static Command BuildRestart(VmcContext context)
    {
        var verb = new VerbCommand("restart", "Ends vm_concierge and starts it with your directories and settings; VMs live on.")
        {
            Examples = [new("vmc daemon restart", "after an update, for example"), new(
                "VMTOOLS_VM_MEMORY_MIB=2048 vmc daemon restart", "with another setting")],
        };
        verb.SetAction((_, cancel) => new DaemonStopVerb(context).RestartAsync(cancel));
        return verb;
    }

    private async Task<int> StopAsync(CancellationToken cancel)
    {
        var ended = await EndAsync(cancel);
        context.Console.Print(
            ended is null
                ? "vm_concierge does not run."
                : string.Create(CultureInfo.InvariantCulture, $"vm_concierge (pid {ended}) has ended."));
        var vms = new RunningVms(context.Instance.Directories.Records).Alive.Select(vm => $"'{vm.Name}'").Order(StringComparer.Ordinal)
            .ToArray();
        if (vms.Length > 0)
        {
            context.Console.Print($"VMs run on: {string.Join(", ", vms)}. The next vmc takes them back; 'vmc stop --all' stops them.");
        }

        return ExitCode.Success;
    }

    private async Task<int> RestartAsync(CancellationToken cancel)
    {
        await EndAsync(cancel);

        // What is written down of the old one is of no use any more.
        var finder = new ConciergeFinder(context.Instance with { RunningBus = null }, context.Console.Say) { StartsItself = true };
        await using var connection = await finder.FindAsync(cancel);
        var started = await ServedInstance.AskAsync(connection, cancel);
        context.Console.Print(
            string.Create(CultureInfo.InvariantCulture, $"vm_concierge runs (pid {started?.Pid}), image directory {started?.Image}."));
        return ExitCode.Success;
    }

    /// <summary>The pid of the daemon that has ended; null where none ran.</summary>
    private async Task<int?> EndAsync(CancellationToken cancel)
    {
        var instance = context.Instance;
        instance.EnsureRuntime();
        using var starts = await StartLock.TakeAsync(instance, cancel);
        var daemon = DaemonRecord.TryRead(instance.Directories.State, ConciergeBus.Program) is { IsAlive: true } alive ? alive : null;
        if (daemon is not null && !await DaemonEnd.RunAsync(daemon, instance.Clock, cancel))
        {
            throw new VmToolsException(
                ErrorKind.DeadlineExceeded,
                $"vm_concierge (pid {daemon.Pid}) does not end within {DaemonEnd.DaemonLimit.TotalSeconds} s. Its log may say why; 'kill "
                    + $"-9 {daemon.Pid}' ends it, and VMs live on.");
        }

        await Sibling.EndAllAsync(instance.Directories.State, instance.Clock);
        await new PrivateBus(instance, context.Console.Say).EndAsync(cancel);
        return daemon?.Pid;
    }
}
