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

/// <summary>
/// What a kind of VM means, and how <c>vm_tools.apps.VmType</c> counts the kinds: in calls of vm_cicerone and on disk images.
/// </summary>
internal static class VmTypes
{
    private static readonly Dictionary<VmType, int> AppsNumbers = new()
    {
        [VmType.Termina] = 0,
        [VmType.PluginVm] = 1,
        [VmType.Borealis] = 2,
        [VmType.Bruschetta] = 3,
        [VmType.Unknown] = 4,
        [VmType.ArcVm] = 5,
        [VmType.Baguette] = 6,
    };

    /// <summary>Whether VMs of this kind may have containers; in the others a user works without one.</summary>
    public static bool HasContainers(this VmType type) => type is VmType.Unknown or VmType.Termina;

    public static int AppsNumber(this VmType type) => AppsNumbers[AppsNumbers.ContainsKey(type) ? type : VmType.Unknown];

    /// <summary>Null where the number means no kind.</summary>
    public static VmType? OfAppsNumber(int number) =>
        AppsNumbers.ContainsValue(number) ? AppsNumbers.First(pair => pair.Value == number).Key : null;
}
