using VmTools.Virtio.Rings;

namespace VmTools.Virtio.VhostUser;

/// <summary>
/// What stands on the rings: told when they start, stop and have something to do. Called on the loop's thread only. Chains taken
/// from a ring are pushed or un-popped before a call returns.
/// </summary>
public interface IVhostUserDevice
{
    /// <summary>Virtio features to offer, without the vhost-user bit: <see cref="VirtioFeatures.Offered"/> and the device's own.</summary>
    VirtioFeatures Features { get; }

    int QueueCount { get; }

    /// <summary>The device's configuration space; read-only for the guest.</summary>
    ReadOnlySpan<byte> Config { get; }

    RingRules RulesOf(int queue);

    /// <summary>
    /// A ring runs. When <paramref name="resumed"/> it goes on where it stopped, with the same driver; otherwise the driver is a new
    /// one, and <see cref="DriverReset"/> came first unless no driver was there before. <see cref="QueueKicked"/> follows at once.
    /// </summary>
    void QueueStarted(int queue, SplitRing ring, bool resumed);

    /// <summary>The driver may have added chains, or the budget of a turn that was spent is filled again.</summary>
    void QueueKicked(int queue);

    /// <summary>The ring is about to stop: no access to it or to chains of it after this call.</summary>
    void QueueStopping(int queue);

    /// <summary>The driver broke the ring; it stays dead until the driver starts anew. Connections are past saving.</summary>
    void QueueBroken(int queue);

    /// <summary>The guest's driver is a new instance (reboot, module reload): whatever the old one had is gone.</summary>
    void DriverReset();

    /// <summary>The VMM was started without shared memory: the device cannot see the guest's rings, and waiting is in vain.</summary>
    void GuestMemoryNotShared();

    /// <summary>The VMM has gone, or was dropped for breaking the protocol. All rings have been stopped.</summary>
    void FrontEndGone();
}
