using System.Buffers;
using Google.Protobuf;
using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;

namespace VmTools.Guest.Vshd.Frames;

/// <summary>
/// Frames on their way to the host (<see cref="VshFrame"/>). Bulk output is many frames in one write: a write for each would cost a packet
/// for each. Nothing is read from the program while a batch waits, so a slow host slows the program.
/// </summary>
internal sealed class OutboundFrames : IDisposable
{
    /// <summary>What one read from the program may bring, in bytes: sixty full frames.</summary>
    public const int MaxBatch = 60 * VshFrame.MaxDataBytes;

    private const int FramesOfBatch = (MaxBatch / VshFrame.MaxDataBytes) + 1;
    private const int Capacity = 256 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Capacity);
    private int _start;
    private int _end;

    public bool IsEmpty => _start == _end;

    /// <summary>The host will not read any more.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether a whole batch of data fits beside what already waits.</summary>
    public bool HasRoomForBatch => _buffer.Length - _end >= MaxBatch + (FramesOfBatch * VshData.OverheadBytes);

    /// <summary>The answer to the request: the session begins. The pid is 0 where the program could not be executed.</summary>
    public void AddReady(int pid) => Add(new SetupConnectionResponse
    {
        Status = ConnectionStatus.Ready,
        Description = "vsh ready",
        Pid = pid,
    });

    /// <summary>The answer to the request: there is no session, for this reason.</summary>
    public void AddRefusal(string why) => Add(new SetupConnectionResponse { Status = ConnectionStatus.Failed, Description = why });

    /// <summary>The last message of a session.</summary>
    public void AddExit(int code) => Add(new HostMessage
    {
        StatusMessage = new ConnectionStatusMessage
        {
            Status = ConnectionStatus.Exited,
            Description = "target process has exited",
            Code = code,
        },
    });

    /// <summary>The bytes as frames; no bytes are one empty frame, which tells the end of the stream. At most a batch at a time.</summary>
    public void AddData(OutputStream stream, ReadOnlySpan<byte> bytes)
    {
        var wire = stream == OutputStream.Error ? StdioStream.StderrStream : StdioStream.StdoutStream;
        _end += VshData.Write(wire, bytes, _buffer.AsSpan(_end), out var taken);
        if (taken < bytes.Length)
        {
            throw new InvalidOperationException($"{bytes.Length} bytes were to be sent where there is room for {taken}.");
        }
    }

    /// <summary>One write if anything waits; true when the state has changed.</summary>
    public bool Flush(WatchedFd connection)
    {
        if (IsEmpty || IsBroken || !connection.CanWrite)
        {
            return false;
        }

        if (!connection.TryWrite(_buffer.AsSpan(_start, _end - _start), out var count, out var error))
        {
            return false;
        }

        IsBroken = error != Errno.None;
        _start += count;
        if (_start == _end)
        {
            _start = _end = 0;
        }

        return true;
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Add(IMessage message)
    {
        var size = message.CalculateSize();
        VshFrame.WriteHeader(_buffer.AsSpan(_end), size);
        message.WriteTo(_buffer.AsSpan(_end + VshFrame.HeaderBytes, size));
        _end += VshFrame.HeaderBytes + size;
    }
}

/// <summary>A stream of the program that goes to the host.</summary>
internal enum OutputStream
{
    Output,
    Error,
}
