using VmTools.Host.Programs;
using VmTools.Protocol;

namespace VmTools.Host.HostFacts;

/// <summary>
/// The VMM that a start uses on this host, and why: QEMU where it is installed, crosvm where only crosvm is and KVM works.
/// The variable VMTOOLS_VMM decides otherwise.
/// </summary>
internal sealed record VmmChoice(string Name, string Program, AcceleratorChoice Accelerator)
{
    public const string Qemu = "qemu";
    public const string Crosvm = "crosvm";

    /// <summary>
    /// The size of QEMU's buffer of translated code in MiB; QEMU's own choice is 1 GiB, which it fills in time. Measured
    /// (docs/decisions/translation-buffer.md): a boot needs less than this, and so does what usually runs after it; when the buffer is
    /// full, QEMU translates everything anew.
    /// </summary>
    public const int TranslationBufferMiB = 128;

    private const string Variable = "VMTOOLS_VMM";

    /// <summary>Whether the guest's instructions are translated; such a guest takes several times as long to boot.</summary>
    public bool IsEmulated => Accelerator.Accelerator == HostFacts.Accelerator.Tcg;

    /// <summary>What the VMM needs of the host's memory besides the guest's, in MiB.</summary>
    public long OverheadMiB => HostMemory.OverheadMiB + (IsEmulated ? TranslationBufferMiB : 0);

    /// <summary>One sentence: what was chosen and why.</summary>
    public string Explanation => $"{(Name == Crosvm ? "crosvm" : "QEMU")} ({Program}). {Accelerator.Reason}";

    /// <exception cref="VmToolsException">Unavailable, with what to install, where there is no VMM; InvalidArgument for an unknown
    /// name.</exception>
    public static VmmChoice Make(Func<string, string?> environment) => Make(environment, AcceleratorChoice.Make(environment));

    internal static VmmChoice Make(Func<string, string?> environment, AcceleratorChoice accelerator) => environment(Variable) switch
    {
        Qemu => OfQemu(environment, accelerator),
        Crosvm => OfCrosvm(environment, accelerator),
        null or "" => HostProgram.Qemu.TryFind(environment) is null && HostProgram.Crosvm.TryFind(environment) is not null
            ? OfCrosvm(environment, accelerator)
            : OfQemu(environment, accelerator),
        var other => throw new VmToolsException(ErrorKind.InvalidArgument, $"{Variable} is '{Qemu}' or '{Crosvm}', not '{other}'."),
    };

    private static VmmChoice OfQemu(Func<string, string?> environment, AcceleratorChoice accelerator) =>
        new(Qemu, HostProgram.Qemu.Find(environment), accelerator);

    private static VmmChoice OfCrosvm(Func<string, string?> environment, AcceleratorChoice accelerator) =>
        accelerator.Accelerator == HostFacts.Accelerator.Kvm
            ? new(Crosvm, HostProgram.Crosvm.Find(environment), accelerator)
            : throw new VmToolsException(
                ErrorKind.Unavailable, $"crosvm needs KVM. {accelerator.Reason} {HostProgram.Qemu.Advice}");
}
