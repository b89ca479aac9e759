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
