namespace VmTools.Host.Concierge.Vms;

/// <summary>The only function that says which state follows which.</summary>
internal static class VmLifecycle
{
    public static VmState Next(VmState state, VmEvent happened) => (state, happened) switch
    {
        (VmState.Claimed, VmEvent.Announced) => VmState.Starting,
        (VmState.Claimed, VmEvent.Adopted) => VmState.Running,
        (VmState.Starting, VmEvent.GuestReady) => VmState.Running,
        (VmState.Claimed or VmState.Starting, VmEvent.StartFailed) => VmState.Releasing,
        (VmState.Running, VmEvent.StopRequested) => VmState.Stopping,
        (VmState.Running or VmState.Stopping, VmEvent.Ended) => VmState.Releasing,
        (VmState.Releasing, VmEvent.Released) => VmState.Stopped,
        (VmState.Running, VmEvent.DaemonLeaves) => VmState.Detached,
        _ => throw new InvalidOperationException($"{happened} cannot happen while the VM is {state}."),
    };
}

/// <summary>Where a VM stands between the claim of its name and the release of its last resource.</summary>
internal enum VmState
{
    /// <summary>Named, but nothing of it has been announced.</summary>
    Claimed,

    /// <summary>Announced by VmStartingUp; the guest is not ready yet.</summary>
    Starting,

    /// <summary>The guest answers and the caller of StartVm has been told.</summary>
    Running,

    /// <summary>A caller asked for its end and the guest is going down.</summary>
    Stopping,

    /// <summary>Its processes are gone; what it held is being given back.</summary>
    Releasing,

    /// <summary>Gone; the name is free.</summary>
    Stopped,

    /// <summary>Left running by a vm_concierge that ends; its record tells the next one about it.</summary>
    Detached,
}

/// <summary>What can happen to a VM.</summary>
internal enum VmEvent
{
    /// <summary>VmStartingUp is about to be sent.</summary>
    Announced,

    /// <summary>A VM of a former vm_concierge was found alive.</summary>
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

    /// <summary>vm_concierge ends and leaves the VM alone.</summary>
    DaemonLeaves,
}
