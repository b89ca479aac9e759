namespace VmTools.Virtio.Vsock;

/// <summary>What the bridge stands between. The clock only ever goes forward.</summary>
internal sealed record VsockBridgeSurroundings(ulong GuestCid, IGuestReceiver Receiver, IHostPrograms HostPrograms)
{
    public required IVsockObserver Observer { get; init; }

    public required Func<long> Milliseconds { get; init; }
}
