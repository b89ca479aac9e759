namespace VmTools.Virtio.VhostUser;

/// <summary>The second negotiation: features of the vhost-user protocol itself (vhost-user specification, protocol features).</summary>
[Flags]
public enum ProtocolFeatures : ulong
{
    None = 0,

    /// <summary>The number of queues can be asked.</summary>
    MultiQueue = 1UL << 0,

    /// <summary>Any message may ask for an acknowledgement, so a memory table that cannot be mapped is not silently lost.</summary>
    ReplyAck = 1UL << 3,

    /// <summary>
    /// A socket for requests of the back end. It is never used, but User-Mode Linux makes no interrupt for a device without it.
    /// </summary>
    BackendRequest = 1UL << 5,

    /// <summary>The device's configuration is read over the socket; QEMU refuses a vsock device without it.</summary>
    Config = 1UL << 9,

    Offered = MultiQueue | ReplyAck | BackendRequest | Config,
}
