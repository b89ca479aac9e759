namespace VmTools.Virtio.Vsock;

/// <summary>What the guest-bound flow works on.</summary>
internal sealed record GuestBoundParts(
    ulong GuestCid, IGuestReceiver Receiver, ConnectionTable Table, VsockLimits Limits)
{
    public RxTurns Turns { get; } = new(Limits.Connections);

    public MirroredResets Mirrored { get; } = new(Limits.MirroredResets);
}
