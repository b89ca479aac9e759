using VmTools.Linux.Rights;

namespace VmTools.Host.Sandbox;

/// <summary>
/// What each kind of program gives up besides files, before the files that it keeps are added. A start and 'vmc doctor' both read it here:
/// the doctor tells what holds.
/// </summary>
internal static class ProgramRules
{
    /// <summary>vm_vsock has the guest's memory and talks over Unix sockets alone.</summary>
    public static LandlockRules OfDevice() => new() { WithoutTcp = true, Apart = true };

    /// <summary>A VMM needs TCP only where it serves the guest's network itself.</summary>
    public static LandlockRules OfVmm(bool hasNetworkApart) => new() { WithoutTcp = hasNetworkApart, Apart = true };

    /// <summary>slirp4netns makes the guest's connections.</summary>
    public static LandlockRules OfNetwork() => new() { Apart = true };

    /// <summary>A daemon talks over Unix sockets alone; abstract ones and signals stay open to it (docs/decisions/sandbox.md).</summary>
    public static LandlockRules OfDaemon() => new() { WithoutTcp = true };
}
