using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>Chooses the VMM: QEMU where it is installed, crosvm where only that is and KVM works; VMTOOLS_VMM decides otherwise.</summary>
internal static class VmmBackEnds
{
    private const string Variable = "VMTOOLS_VMM";

    /// <summary>Unavailable, with what to install, where there is none.</summary>
    public static IVmmBackEnd Choose(Func<string, string?> environment) =>
        Choose(environment, AcceleratorChoice.Make(environment));

    internal static IVmmBackEnd Choose(Func<string, string?> environment, AcceleratorChoice accelerator) =>
        environment(Variable) switch
        {
            QemuVmm.BackEndName => Qemu(environment, accelerator),
            CrosvmVmm.BackEndName => Crosvm(environment, accelerator),
            null or "" => HostProgram.Qemu.TryFind(environment) is null && HostProgram.Crosvm.TryFind(environment) is not null
                ? Crosvm(environment, accelerator)
                : Qemu(environment, accelerator),
            var other => throw new VmToolsException(
                ErrorKind.InvalidArgument, $"{Variable} is '{QemuVmm.BackEndName}' or '{CrosvmVmm.BackEndName}', not '{other}'."),
        };

    /// <summary>For a VM that an earlier run of the daemon started; null for a name that no back end has.</summary>
    public static IVmmBackEnd? ByName(string name) => ByName(name, Environment.GetEnvironmentVariable);

    internal static IVmmBackEnd? ByName(string name, Func<string, string?> environment)
    {
        var running = new AcceleratorChoice(Accelerator.Kvm, "It runs already.");
        return name switch
        {
            QemuVmm.BackEndName => new QemuVmm(HostProgram.Qemu.TryFind(environment) ?? HostProgram.Qemu.Name, running),
            CrosvmVmm.BackEndName => new CrosvmVmm(HostProgram.Crosvm.TryFind(environment) ?? HostProgram.Crosvm.Name, running.Reason),
            _ => null,
        };
    }

    private static QemuVmm Qemu(Func<string, string?> environment, AcceleratorChoice accelerator) =>
        new(HostProgram.Qemu.Find(environment), accelerator);

    private static CrosvmVmm Crosvm(Func<string, string?> environment, AcceleratorChoice accelerator) =>
        accelerator.Accelerator == Accelerator.Kvm
            ? new(HostProgram.Crosvm.Find(environment), accelerator.Reason)
            : throw new VmToolsException(
                ErrorKind.Unavailable, $"crosvm needs KVM. {accelerator.Reason} {HostProgram.Qemu.Advice}");
}
