namespace VmTools.Protocol.Vsock;

/// <summary>A served port. Who calls is known by its CID before the first byte of the stream.</summary>
public interface IVsockListener : IAsyncDisposable
{
    VsockPort Port { get; }

    /// <summary>The next stream; <see cref="ObjectDisposedException"/> once the listener is closed.</summary>
    ValueTask<VsockStream> AcceptAsync(CancellationToken cancel);
}
