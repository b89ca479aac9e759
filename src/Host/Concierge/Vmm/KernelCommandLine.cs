using VmTools.Host.HostFacts;
using VmTools.Protocol;
using VmTools.Protocol.Wire;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>The parameters for the guest's kernel: ours, then those of the request, which win where one is given twice.</summary>
internal static class KernelCommandLine
{
    /// <summary>
    /// COMMAND_LINE_SIZE of x86 (arch/x86/include/asm/setup.h) without the NUL at its end. What is longer is cut in silence.
    /// </summary>
    public const int MostBytes = 2047;

    /// <summary>What a request may have of it: ours and the guest's host name fit into the rest.</summary>
    public const int RoomForRequest = MostBytes - 256;

    public static string For(VmmConfiguration configuration, Accelerator accelerator) =>
        string.Join(' ', ParametersFor(configuration, accelerator).Concat(configuration.KernelParameters));

    private static IEnumerable<string> ParametersFor(VmmConfiguration configuration, Accelerator accelerator)
    {
        yield return "console=ttyS0";
        yield return "quiet";

        // A guest that panics ends its VMM, which restarts no machine, and so becomes an exit that the daemon sees.
        yield return "panic=-1";

        // A host that sleeps, is stopped or has no time for the VM is no fault of the guest's kernel, which would report one after 20
        // seconds. vm_concierge notices a VM that hangs (Vms/Health).
        yield return "nosoftlockup";
        if (accelerator == Accelerator.Tcg)
        {
            // Both measured: the self-tests of ciphers are the largest single cost of an emulated boot.
            yield return "cryptomgr.notests";
            if (configuration.CpuCount == 1)
            {
                yield return "noreplace-smp";
            }
        }

        yield return $"{MaitredArguments.ListenPort}={Ports.StartupListener.Value}";
    }
}
