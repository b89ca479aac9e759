namespace VmTools.Host.Vms;

/// <summary>The kind of a VM; the numbers are those of <c>vm_tools.concierge.VmInfo.VmType</c>.</summary>
internal enum VmType
{
    Unknown = 0,
    Termina = 1,
    ArcVm = 2,
    PluginVm = 3,
    Borealis = 4,
    Bruschetta = 5,
    Baguette = 6,
}
