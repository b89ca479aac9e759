namespace VmTools.Virtio.Rings;

/// <summary>What front end and driver agreed on for one ring: its size and the two features that change how it works.</summary>
public readonly record struct RingLayoutOptions(ushort Size, bool EventIndex, bool Indirect);
