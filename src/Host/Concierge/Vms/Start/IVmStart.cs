using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>How a start tells the VM's owner how far it has come.</summary>
internal interface IVmStart
{
    void Step(string sentence);

    /// <summary>Before the VMM is launched: from here on the world knows the VM and will be told of its end.</summary>
    void Announce(VmRecord record);

    void Launched(IHostProcess vmm, IHostProcess device);
}
