using System.Runtime.InteropServices;
using VmTools.Host.HostFacts;
using VmTools.Linux;
using VmTools.Linux.MachineFacts;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Host.HostFacts;

public sealed class AcceleratorChoiceTests
{
    private static readonly KvmState Works = new(KvmStep.CreateVm, Errno.None);

    [Theory]
    [InlineData("vmx", KvmStep.CreateVm, Errno.None, Accelerator.Kvm, "works for this user")]
    [InlineData("svm", KvmStep.CreateVm, Errno.None, Accelerator.Kvm, "works for this user")]
    [InlineData("fpu", KvmStep.CreateVm, Errno.None, Accelerator.Tcg, "neither vmx nor svm")]
    [InlineData("svm", KvmStep.Open, Errno.EACCES, Accelerator.Tcg, "group 'kvm'")]
    [InlineData("svm", KvmStep.Open, Errno.ENOENT, Accelerator.Tcg, "is not loaded")]
    [InlineData("svm", KvmStep.Version, Errno.ENOTTY, Accelerator.Tcg, "'Version' (ENOTTY)")]
    [InlineData("svm", KvmStep.CreateVm, Errno.ENOMEM, Accelerator.Tcg, "'CreateVm' (ENOMEM)")]
    public void KVM_is_taken_only_where_every_sign_is_good(string flag, KvmStep step, Errno errno, object expected, string reason)
    {
        var choice = AcceleratorChoice.Make(null, Architecture.X64, () => Flags(flag), () => new KvmState(step, errno));

        Assert.Equal(expected, choice.Accelerator);
        Assert.Contains(reason, choice.Reason);
    }

    [Fact]
    public void A_wish_is_followed_without_asking()
    {
        var tcg = AcceleratorChoice.Make("tcg", Architecture.X64, Unasked<IReadOnlySet<string>>, Unasked<KvmState>);
        var kvm = AcceleratorChoice.Make("kvm", Architecture.X64, Unasked<IReadOnlySet<string>>, Unasked<KvmState>);

        Assert.Equal((Accelerator.Tcg, Accelerator.Kvm), (tcg.Accelerator, kvm.Accelerator));
        Assert.Contains("VMTOOLS_ACCEL", tcg.Reason);
    }

    [Fact]
    public void An_unknown_wish_is_a_mistake() =>
        Assert.Equal(
            ErrorKind.InvalidArgument,
            Assert.Throws<VmToolsException>(() => AcceleratorChoice.Make("hvf", Architecture.X64, () => Flags("svm"), () => Works)).Kind);

    [Fact]
    public void Another_processor_emulates() =>
        Assert.Equal(Accelerator.Tcg, AcceleratorChoice.Make(null, Architecture.Arm64, () => Flags("svm"), () => Works).Accelerator);

    [Fact]
    public void Flags_are_the_words_of_the_first_processor()
    {
        string[] lines = ["processor\t: 0", "flags\t\t: fpu vme svm", "processor\t: 1", "flags\t\t: other"];

        Assert.Equal(["fpu", "svm", "vme"], CpuFlags.Parse(lines).Order());
        Assert.Empty(CpuFlags.Parse(["model name : x"]));
        Assert.Empty(CpuFlags.Read("/nowhere"));
    }

    [Fact]
    public void The_probe_of_this_machine_ends_with_a_step_and_a_reason()
    {
        var state = Kvm.Probe();

        Assert.True(state.IsUsable || state.Errno != Errno.None);
    }

    private static HashSet<string> Flags(string flag) => ["fpu", flag];

    private static T Unasked<T>() => throw new InvalidOperationException("Nobody should ask.");
}
