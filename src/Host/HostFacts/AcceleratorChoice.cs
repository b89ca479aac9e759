using System.Runtime.InteropServices;
using VmTools.Linux;
using VmTools.Linux.MachineFacts;
using VmTools.Protocol;

namespace VmTools.Host.HostFacts;

/// <summary>
/// Which accelerator, and why in one sentence. KVM is taken only where it truly works: on some nested clouds its device
/// opens and makes a VM, yet no guest runs; the processor's flags tell.
/// </summary>
internal sealed record AcceleratorChoice(Accelerator Accelerator, string Reason)
{
    private const string Variable = "VMTOOLS_ACCEL";

    /// <summary>Whether KVM would work if this user were let at it.</summary>
    public bool IsKvmRefused { get; init; }

    public static AcceleratorChoice Make(Func<string, string?> environment) =>
        Make(environment(Variable), RuntimeInformation.ProcessArchitecture, () => CpuFlags.Read("/proc/cpuinfo"), Kvm.Probe);

    /// <summary>From facts, so that every sentence can be tested.</summary>
    internal static AcceleratorChoice Make(
        string? wish, Architecture architecture, Func<IReadOnlySet<string>> cpuFlags, Func<KvmState> probe) => wish switch
        {
            "tcg" => new(Accelerator.Tcg, $"Guests are emulated because {Variable} says so."),
            "kvm" => new(Accelerator.Kvm, $"Guests run with KVM because {Variable} says so."),
            null or "" => Find(architecture, cpuFlags, probe),
            _ => throw new VmToolsException(ErrorKind.InvalidArgument, $"{Variable} is 'tcg' or 'kvm', not '{wish}'."),
        };

    private static AcceleratorChoice Find(Architecture architecture, Func<IReadOnlySet<string>> cpuFlags, Func<KvmState> probe)
    {
        if (architecture != Architecture.X64)
        {
            return new(Accelerator.Tcg, "Guests are emulated: they are x86-64 machines and this processor is not.");
        }

        if (!cpuFlags().Overlaps(["vmx", "svm"]))
        {
            return new(Accelerator.Tcg, "Guests are emulated: /proc/cpuinfo shows neither vmx nor svm, so KVM could not run one here.");
        }

        return probe() switch
        {
            { IsUsable: true } => new(Accelerator.Kvm, "Guests run with KVM: /dev/kvm works for this user."),
            { Step: KvmStep.Open, Errno: Errno.EACCES } => new(
                Accelerator.Tcg,
                    "Guests are emulated: this user may not open /dev/kvm; membership of the group 'kvm' would allow it.")
            {
                IsKvmRefused = true
            },
            { Step: KvmStep.Open, Errno: Errno.ENOENT } => new(
                Accelerator.Tcg, "Guests are emulated: there is no /dev/kvm; the kernel module kvm_intel or kvm_amd is not loaded."),
            var state => new(Accelerator.Tcg, $"Guests are emulated: /dev/kvm fails at the step '{state.Step}' ({state.Errno})."),
        };
    }
}

/// <summary>What runs the guest's instructions: the processor itself, or QEMU's translator.</summary>
internal enum Accelerator
{
    Tcg,
    Kvm,
}
