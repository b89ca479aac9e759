using VmTools.Host.HostFacts;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Host.HostFacts;

public sealed class VmmChoiceTests : IDisposable
{
    private static readonly AcceleratorChoice WithKvm = new(Accelerator.Kvm, "KVM works.");
    private static readonly AcceleratorChoice WithoutKvm = new(Accelerator.Tcg, "No KVM.");

    private readonly string _bin = Directory.CreateTempSubdirectory("vmt").FullName;

    [Fact]
    public void QEMU_is_the_default_and_says_why()
    {
        Install("qemu-system-x86_64");
        Install("crosvm");

        var chosen = VmmChoice.Make(Environment(), WithKvm);

        Assert.Equal("qemu", chosen.Name);
        Assert.Equal($"QEMU ({_bin}/qemu-system-x86_64). KVM works.", chosen.Explanation);
    }

    [Fact]
    public void Crosvm_is_taken_where_it_is_alone_or_wished()
    {
        Install("crosvm");
        Assert.Equal("crosvm", VmmChoice.Make(Environment(), WithKvm).Name);

        Install("qemu-system-x86_64");
        Assert.Equal("crosvm", VmmChoice.Make(Environment(("VMTOOLS_VMM", "crosvm")), WithKvm).Name);
    }

    [Fact]
    public void Crosvm_without_KVM_is_refused()
    {
        Install("crosvm");

        var error = Assert.Throws<VmToolsException>(() => VmmChoice.Make(Environment(("VMTOOLS_VMM", "crosvm")), WithoutKvm));

        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("crosvm needs KVM. No KVM.", error.Message);
    }

    [Fact]
    public void Where_there_is_none_the_package_is_named()
    {
        var error = Assert.Throws<VmToolsException>(() => VmmChoice.Make(Environment(), WithoutKvm));

        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("apt install qemu-system-x86", error.Message);
    }

    [Fact]
    public void A_named_program_is_used_and_a_wrong_name_is_told()
    {
        Install("my-qemu");

        Assert.Contains("/my-qemu)", VmmChoice.Make(Environment(("VMTOOLS_QEMU", _bin + "/my-qemu")), WithKvm).Explanation);
        var error = Assert.Throws<VmToolsException>(() => VmmChoice.Make(Environment(("VMTOOLS_QEMU", "/no/qemu")), WithKvm));
        Assert.Contains("'/no/qemu', which VMTOOLS_QEMU names", error.Message);
    }

    [Fact]
    public void An_unknown_VMM_is_a_mistake() =>
        Assert.Equal(
            ErrorKind.InvalidArgument,
            Assert.Throws<VmToolsException>(() => VmmChoice.Make(Environment(("VMTOOLS_VMM", "xen")), WithKvm)).Kind);

    public void Dispose() => Directory.Delete(_bin, recursive: true);

    private void Install(string name) => File.WriteAllText(Path.Combine(_bin, name), "");

    private Func<string, string?> Environment(params (string Name, string Value)[] more) =>
        name => name == "PATH" ? $"relative:/nowhere:{_bin}" : more.FirstOrDefault(pair => pair.Name == name).Value;
}
