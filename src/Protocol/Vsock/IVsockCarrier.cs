namespace VmTools.Protocol.Vsock;

/// <summary>What carries vsock streams: the kernel's AF_VSOCK, or unix sockets of a userspace device.</summary>
public interface IVsockCarrier
{
    /// <summary>Serves a port of this machine; fails with AlreadyExists where another program does already.</summary>
    ValueTask<IVsockListener> ListenAsync(VsockPort port, CancellationToken cancel);

    /// <summary>Dials a port of another machine; a refusal is a <see cref="VmToolsException"/> of kind Unavailable.</summary>
    ValueTask<VsockStream> ConnectAsync(VsockAddress peer, CancellationToken cancel);
}
