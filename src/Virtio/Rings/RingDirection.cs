namespace VmTools.Virtio.Rings;

/// <summary>Who fills the buffers of a ring; a buffer of the other kind makes its chain invalid.</summary>
public enum RingDirection
{
    /// <summary>The device reads what the driver wrote (vsock tx).</summary>
    DeviceReads,

    /// <summary>The device writes into empty buffers (vsock rx and event).</summary>
    DeviceWrites,

    /// <summary>Readable buffers followed by writable ones.</summary>
    Both,
}
