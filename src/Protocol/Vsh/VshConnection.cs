using Google.Protobuf;
using VmTools.Protocol.Messages.Vsh;

namespace VmTools.Protocol.Vsh;

/// <summary>
/// Either end of a vsh connection. Reads as much as there is and hands out one message after the other; writes several
/// data frames at once. One reader and one writer at a time; its buffers are all it holds.
/// </summary>
public sealed class VshConnection(Stream stream) : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly byte[] _read = new byte[BufferBytes];
    private readonly byte[] _write = new byte[BufferBytes];
    private int _start;
    private int _end;

    /// <summary>
    /// The next message, valid until the next call; null at the end of the stream. A length beyond the limit and an end in
    /// the middle of a message are an <see cref="InvalidDataException"/>.
    /// </summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadMessageAsync(CancellationToken cancel)
    {
        ReadOnlyMemory<byte> message;
        while (!TryTakeBuffered(out message))
        {
            MakeRoom();
            var count = await stream.ReadAsync(_read.AsMemory(_end), cancel);
            if (count == 0)
            {
                return _start == _end ? null : throw new InvalidDataException("The vsh connection ended in the middle of a message.");
            }

            _end += count;
        }

        return message;
    }

    /// <summary>The next message, if it has been read from the stream already; valid until the next call.</summary>
    public bool TryTakeBuffered(out ReadOnlyMemory<byte> message)
    {
        message = default;
        if (!VshFrame.TryFind(_read.AsSpan(_start, _end - _start), out var found, out var frameBytes))
        {
            throw new InvalidDataException($"A vsh message of more than {VshFrame.MaxMessageBytes} bytes was announced.");
        }

        if (frameBytes == 0)
        {
            return false;
        }

        message = _read.AsMemory(_start + VshFrame.HeaderBytes, found.Length);
        _start += frameBytes;
        return true;
    }

    /// <summary>The next message, parsed; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">The message is malformed.</exception>
    public async ValueTask<T?> ReadAsync<T>(MessageParser<T> parser, CancellationToken cancel)
        where T : class, IMessage<T>
    {
        if (await ReadMessageAsync(cancel) is not { } message)
        {
            return null;
        }

        try
        {
            return parser.ParseFrom(message.Span);
        }
        catch (InvalidProtocolBufferException malformed)
        {
            throw new InvalidDataException("A malformed vsh message arrived.", malformed);
        }
    }

    /// <summary>Sends one message; one that is too long is an <see cref="InvalidDataException"/> and sends nothing.</summary>
    public async ValueTask WriteAsync(IMessage message, CancellationToken cancel)
    {
        var length = message.CalculateSize();
        if (length > VshFrame.MaxMessageBytes)
        {
            throw new InvalidDataException($"The vsh message has {length} bytes; {VshFrame.MaxMessageBytes} are the most.");
        }

        VshFrame.WriteHeader(_write, length);
        message.WriteTo(_write.AsSpan(VshFrame.HeaderBytes, length));
        await stream.WriteAsync(_write.AsMemory(0, VshFrame.HeaderBytes + length), cancel);
    }

    /// <summary>Sends bytes of a standard stream, in as few writes as the buffer allows; none at all are its end.</summary>
    public async ValueTask WriteDataAsync(StdioStream which, ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        do
        {
            var length = VshData.Write(which, data.Span, _write, out var taken);
            await stream.WriteAsync(_write.AsMemory(0, length), cancel);
            data = data[taken..];
        }
        while (!data.IsEmpty);
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    /// <summary>The buffer is far longer than a frame, so after moving its rest to the front there is always room.</summary>
    private void MakeRoom()
    {
        if (_end - _start > 0 && _start > 0)
        {
            _read.AsSpan(_start, _end - _start).CopyTo(_read);
        }

        _end -= _start;
        _start = 0;
    }
}
