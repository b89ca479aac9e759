using System.Globalization;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>
/// The instance that runs on a state directory. There is one, whatever runtime directory a caller's environment leads to: a login
/// without XDG_RUNTIME_DIR has another than one with it, and the same disks. While its daemon or a VM of it lives, it is the one to use.
/// </summary>
internal static class RunningInstance
{
    /// <summary>
    /// The caller's instance with the runtime directory and the bus of what runs. Notices are sentences for standard error.
    /// </summary>
    public static HostInstance ForClient(HostInstance instance, Action<string> notice)
    {
        if (DaemonRecord.TryRead(instance.Directories.State, ConciergeBus.Program) is not { } record)
        {
            return instance;
        }

        var isAlive = record.IsAlive;
        if (record.Runtime == instance.Directories.Runtime)
        {
            return isAlive ? instance with { RunningBus = record.Bus } : instance;
        }

        var vms = VmsOf(record);
        if (!isAlive && vms.Count == 0)
        {
            return instance;
        }

        if (IsRuntimeChosen(instance))
        {
            notice(
                $"{InstanceDirectories.RuntimeVariable} names {instance.Directories.Runtime}, but {Describe(record, isAlive, vms)}; "
                + $"that one is used. For a second instance set {InstanceDirectories.StateVariable} too; "
                + "to move this one, stop its VMs and run 'vmc daemon stop'.");
        }

        return instance with
        {
            Directories = instance.Directories with { Runtime = record.Runtime },
            RunningBus = isAlive ? record.Bus : null,
        };
    }

    /// <summary>
    /// The instance that a daemon serves, which was started by a caller who does not know what runs: a service manager, a bus, a person.
    /// </summary>
    /// <exception cref="VmToolsException">VMs run under another runtime directory than the one that was chosen for it.</exception>
    public static HostInstance ForDaemon(HostInstance instance)
    {
        if (DaemonRecord.TryRead(instance.Directories.State, ConciergeBus.Program) is not { } record
            || record.Runtime == instance.Directories.Runtime
            || VmsOf(record) is not { Count: > 0 } vms)
        {
            return instance;
        }

        if (IsRuntimeChosen(instance))
        {
            throw new VmToolsException(
                ErrorKind.AlreadyExists,
                $"{InstanceDirectories.RuntimeVariable} names {instance.Directories.Runtime}, but {Describe(record, record.IsAlive, vms)}. "
                + $"Use that runtime directory, or stop its VMs first; for a second instance set {InstanceDirectories.StateVariable} too.");
        }

        return instance with { Directories = instance.Directories with { Runtime = record.Runtime } };
    }

    private static bool IsRuntimeChosen(HostInstance instance) =>
        instance.Environment(InstanceDirectories.RuntimeVariable) is { Length: > 0 };

    private static IReadOnlyList<VmId> VmsOf(DaemonRecord record) =>
        [.. new RunningVms(new InstanceDirectories(record.Runtime, record.State, record.Image).Records).Alive];

    private static string Describe(DaemonRecord record, bool isAlive, IReadOnlyList<VmId> vms)
    {
        var names = string.Join(", ", vms.Select(vm => $"'{vm.Name}'").Take(3)) + (vms.Count > 3 ? ", …" : "");
        return isAlive
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"the state directory {record.State} is served under {record.Runtime} (vm_concierge, pid {record.Pid})")
            : $"VMs of the state directory {record.State} run under {record.Runtime} ({names})";
    }
}
