namespace VmTools.Unit.Virtio.Fakes;

/// <summary>One buffer of a chain as the driver describes it.</summary>
internal readonly record struct DriverBuffer(ulong Address, uint Length, ushort Flags);
