using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol.Vsh;

namespace VmTools.Guest.Vshd.HandOver;

/// <summary>
/// How the VM's shell server hands a connection of the host to a container's: one connection to the container's socket, on which one
/// message brings the host's connection as a descriptor (SCM_RIGHTS of unix(7)) and every byte that was read from it; then its end.
/// </summary>
internal static class HandOverMessage
{
    /// <summary>A whole frame at the most: the VM's shell server reads no further before it has handed over.</summary>
    public const int MaxBytes = VshFrame.HeaderBytes + VshFrame.MaxMessageBytes;

    /// <summary>EAGAIN: nothing was sent, as the receiver is behind.</summary>
    public static Errno TrySend(FdHandle to, ReadOnlySpan<byte> bytes, FdHandle connection)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, MaxBytes);
        var outcome = UnixSocket.TrySendWithFds(to, bytes, [connection], out var sent);
        return outcome == Errno.None && sent < bytes.Length ? Errno.EMSGSIZE : outcome;
    }
}
