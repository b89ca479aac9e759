namespace VmTools.Virtio.Vsock;

/// <summary>The host program's end of one connection: a Unix socket, or the model of one in tests. No call waits.</summary>
internal interface IHostStream
{
    /// <summary>Names the connection to which readiness is reported from now on. Called once, first.</summary>
    void Attach(VsockConnection connection);

    /// <summary>
    /// Reads into the first <paramref name="packets"/> held buffers, each filled before the next, at most
    /// <paramref name="bytes"/>.
    /// </summary>
    StreamOutcome TryRead(IGuestReceiver into, int packets, int bytes, out int count);

    /// <summary>Writes the payload of the packet being received, straight from guest memory.</summary>
    StreamOutcome TryWrite(IGuestPayload payload, out int count);

    StreamOutcome TryWrite(ReadOnlySpan<byte> bytes, out int count);

    /// <summary>Looks whether bytes wait, without taking any: Done with none waiting is the end of the stream.</summary>
    StreamOutcome TryPeek(out bool any);

    void ShutdownSend();

    void ShutdownReceive();

    void Close();
}
