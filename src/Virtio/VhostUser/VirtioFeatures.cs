namespace VmTools.Virtio.VhostUser;

/// <summary>
/// Feature bits that concern rings and transport (virtio 1.2, section 6; bit 30 is the vhost-user protocol's own). Bits 0 to 23 are
/// the device's.
/// </summary>
[Flags]
public enum VirtioFeatures : ulong
{
    None = 0,
    IndirectDescriptors = 1UL << 28,
    EventIndex = 1UL << 29,
    VhostProtocolFeatures = 1UL << 30,
    Version1 = 1UL << 32,

    /// <summary>
    /// What a device of ours offers: everything the measured front ends and guests take, and nothing that changes the ring format.
    /// </summary>
    Offered = Version1 | EventIndex | IndirectDescriptors,
}
