using VmTools.Host.HostFacts;
using VmTools.Host.Programs;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>The back end of each VMM: for a start on this host, and for a VM that runs already.</summary>
internal static class VmmBackEnds
{
    public static IVmmBackEnd Of(VmmChoice choice) => choice.Name == VmmChoice.Crosvm ? new CrosvmVmm(choice) : new QemuVmm(choice);

    /// <summary>The back end of a VM that an earlier run of vm_concierge started; null for a name that no back end has.</summary>
    public static IVmmBackEnd? ByName(string name, Func<string, string?> environment)
    {
        var running = new AcceleratorChoice(Accelerator.Kvm, "It runs already.");
        return name switch
        {
            VmmChoice.Qemu => new QemuVmm(new VmmChoice(name, PathOf(HostProgram.Qemu), running)),
            VmmChoice.Crosvm => new CrosvmVmm(new VmmChoice(name, PathOf(HostProgram.Crosvm), running)),
            _ => null,
        };

        string PathOf(HostProgram program) => program.TryFind(environment) ?? program.Name;
    }
}
