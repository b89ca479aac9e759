using System.Buffers.Binary;
using VmTools.Linux;
using VmTools.Linux.Sockets;

namespace VmTools.Virtio.VhostUser;

/// <summary>
/// Messages over the control socket. It is a byte stream: header and payload may come in any pieces, and the fds of a message come
/// with its first byte. Reads exactly one message at a time, so fds are never taken for those of the next one.
/// </summary>
internal sealed class ControlChannel(FdHandle socket) : IDisposable
{
    /// <summary>No message of this protocol is nearly as long.</summary>
    public const int MaxPayload = 4096;

    /// <summary>A memory table brings eight, every other message one or none.</summary>
    public const int MaxFds = 8;

    private readonly byte[] _header = new byte[VhostHeader.Size];
    private readonly VhostMessage _message = new(MaxPayload);
    private int _headerCount;
    private int _payloadCount;

    public FdHandle Socket => socket;

    /// <summary>
    /// The message read last, valid until the next call of <see cref="Receive"/>; fds that no request took from it are closed then.
    /// </summary>
    public VhostMessage Message => _message;

    public ReceiveOutcome Receive()
    {
        if (IsComplete)
        {
            _message.CloseFds();
            _headerCount = 0;
            _payloadCount = 0;
        }

        while (true)
        {
            var outcome = ReadSome(Missing, out var count);
            if (outcome != ReceiveOutcome.Message)
            {
                return outcome;
            }

            if (!TryAdvance(count))
            {
                return ReceiveOutcome.Malformed;
            }

            if (IsComplete)
            {
                return ReceiveOutcome.Message;
            }
        }
    }

    /// <summary>Replies with one number; false when the front end does not take it.</summary>
    public bool TryReply(VhostRequest request, ulong value)
    {
        Span<byte> payload = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, value);
        return TryReply(request, payload);
    }

    /// <summary>A front end waits for its reply, so the socket has room for one, unless the front end breaks the rules.</summary>
    public bool TryReply(VhostRequest request, ReadOnlySpan<byte> payload)
    {
        Span<byte> bytes = stackalloc byte[VhostHeader.Size + payload.Length];
        VhostHeader.ReplyTo(request, (uint)payload.Length).Write(bytes);
        payload.CopyTo(bytes[VhostHeader.Size..]);
        return UnixSocket.TrySend(socket, bytes, out var sent) == Errno.None && sent == bytes.Length;
    }

    public void Dispose()
    {
        _message.CloseFds();
        socket.Dispose();
    }

    private bool HasHeader => _headerCount == VhostHeader.Size;

    private bool IsComplete => HasHeader && _payloadCount == (int)_message.Header.PayloadLength;

    private Span<byte> Missing => HasHeader
        ? _message.Room[_payloadCount..(int)_message.Header.PayloadLength]
        : _header.AsSpan(_headerCount);

    private ReceiveOutcome ReadSome(Span<byte> to, out int count)
    {
        var error = UnixSocket.TryReceiveWithFds(socket, to, _message.Fds, out count, out var truncated);
        if (error == Errno.EAGAIN)
        {
            return ReceiveOutcome.Nothing;
        }

        if (error != Errno.None || count == 0)
        {
            return ReceiveOutcome.Closed;
        }

        return truncated || _message.Fds.Count > MaxFds ? ReceiveOutcome.Malformed : ReceiveOutcome.Message;
    }

    private bool TryAdvance(int count)
    {
        if (HasHeader)
        {
            _payloadCount += count;
            return true;
        }

        _headerCount += count;
        if (!HasHeader)
        {
            return true;
        }

        var header = VhostHeader.Read(_header);
        _message.Header = header;
        return header.HasKnownVersion && !header.IsReply && header.PayloadLength <= MaxPayload;
    }
}

/// <summary>What a read of the control socket found.</summary>
internal enum ReceiveOutcome
{
    /// <summary>A whole message is there.</summary>
    Message,

    /// <summary>The socket is empty for now; half a message may have come.</summary>
    Nothing,

    /// <summary>The front end closed the socket.</summary>
    Closed,

    /// <summary>What came is no message of this protocol, or breaks a limit.</summary>
    Malformed,
}
