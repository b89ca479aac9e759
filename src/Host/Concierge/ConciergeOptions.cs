using System.Globalization;
using VmTools.Host.Daemon;
using VmTools.Host.HostFacts;
using VmTools.Host.Settings;
using VmTools.Protocol;

namespace VmTools.Host.Concierge;

/// <summary>What vm_concierge may be told on its command line and by its environment.</summary>
internal sealed record ConciergeOptions(string Bus, long MemoryMiB)
{
    public const string Program = "vm_concierge";

    /// <summary>What <c>vm_concierge --help</c> prints.</summary>
    public const string Help = """
        Starts and stops this user's VMs, for whoever asks on D-Bus. 'vmc' and 'vsh' start it where it does not run yet.
        VMs outlive it: when it is started again it takes back those that run.

        Usage:
          vm_concierge [--bus=ADDRESS]

        Options:
          --bus=ADDRESS          the D-Bus to serve on (default: the user's bus, or vmtools' own)
          --help                 this text

        Environment:
          VMTOOLS_VM_MEMORY_MIB  the memory of a VM for which nobody asks for another amount, in MiB (default: 1024)
          VMTOOLS_RUNTIME_DIR    where sockets, locks and records of running VMs are, one daemon in each

        Exit code: 0 after SIGTERM; 1 when the bus has gone or something failed; 2 for a mistake in the options;
        3 when another vm_concierge serves this user already.

        Examples:
          vm_concierge                                             on the bus of whoever starts it
          vm_concierge --bus=unix:path=/run/user/1000/bus          on this bus

        """;

    private const string MemoryVariable = "VMTOOLS_VM_MEMORY_MIB";

    /// <exception cref="VmToolsException">They make no sense.</exception>
    public static ConciergeOptions Parse(IReadOnlyList<string> arguments, string bus, Func<string, string?> environment)
    {
        var memory = HostMemory.DefaultVmMiB;
        if (environment(MemoryVariable) is { Length: > 0 } text
            && (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out memory) || memory < HostMemory.LeastVmMiB))
        {
            throw SettingMistake.At(MemoryVariable, $"It is '{text}' and should be a number of MiB, {HostMemory.LeastVmMiB} or more.");
        }

        return new ConciergeOptions(new DaemonArguments(Program, arguments).ReadBus(bus), memory);
    }
}
