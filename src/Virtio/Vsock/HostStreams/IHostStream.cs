using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Virtio.Vsock.HostStreams;

/// <summary>The host program's end of one connection: a Unix socket, or the model of one in tests. No call waits.</summary>
internal interface IHostStream
{
    /// <summary>Reports readiness to <paramref name="ready"/> from now on. Called once, first.</summary>
    void Attach(Action<HostReadiness> ready);

    /// <summary>
    /// Reads into the first <paramref name="packets"/> held buffers, each filled before the next, at most
    /// <paramref name="bytes"/>.
    /// </summary>
    StreamOutcome TryRead(IGuestReceiver into, int packets, int bytes, out int count);

    /// <summary>Writes the payload of the packet being received, straight from guest memory.</summary>
    StreamOutcome TryWrite(IGuestPayload payload, out int count);

    StreamOutcome TryWrite(ReadOnlySpan<byte> bytes, out int count);

    /// <summary>Looks whether bytes wait and takes none of them. Done while no byte waits is the end of the stream.</summary>
    StreamOutcome TryPeek(out bool any);

    void ShutdownSend();

    void ShutdownReceive();

    void Close();
}

/// <summary>How a read or write on a host stream ended.</summary>
internal enum StreamOutcome
{
    /// <summary>Bytes moved; a read of none is the end of the stream.</summary>
    Done,

    /// <summary>Nothing can move now; the stream says when it can.</summary>
    Blocked,

    /// <summary>This direction is over for good.</summary>
    Broken,
}

/// <summary>What a host stream reports, edge by edge.</summary>
[Flags]
internal enum HostReadiness
{
    None = 0,
    Readable = 1,
    Writable = 2,

    /// <summary>The host program has closed: nothing more can be written to it. What it wrote can still be read.</summary>
    HungUp = 4,
}
