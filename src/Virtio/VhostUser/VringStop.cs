using VmTools.Virtio.Rings;

namespace VmTools.Virtio.VhostUser;

/// <summary>Where and how a ring stopped.</summary>
internal sealed record VringStop(ushort Base, ushort Size, RingAddresses Addresses, bool WasBroken);
