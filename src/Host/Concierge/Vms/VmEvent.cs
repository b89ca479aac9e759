namespace VmTools.Host.Concierge.Vms;

/// <summary>What can happen to a VM.</summary>
internal enum VmEvent
{
    /// <summary>VmStartingUp is about to be sent.</summary>
    Announced,

    /// <summary>A former daemon's VM was found alive.</summary>
    Adopted,

    /// <summary>The guest said it is ready and has been set up.</summary>
    GuestReady,

    /// <summary>A step of the start failed, or the start was called off.</summary>
    StartFailed,

    /// <summary>StopVm or one of its relatives asked for the end.</summary>
    StopRequested,

    /// <summary>The VMM or the vsock device ended.</summary>
    Ended,

    /// <summary>Everything the VM held has been given back.</summary>
    Released,

    /// <summary>The daemon ends and leaves the VM alone.</summary>
    DaemonLeaves,
}
