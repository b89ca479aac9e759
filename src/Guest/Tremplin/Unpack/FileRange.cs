using VmTools.Linux;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>A part of an open file as a stream of its own; several may read the same file at once (pread(2)).</summary>
internal sealed class FileRange(FdHandle file, long start, long length) : Stream
{
    private long _position;

    /// <summary>Whether the file is closed with the stream.</summary>
    public bool IsOwner { get; init; }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, Math.Max(0, length - _position));
        if (wanted == 0)
        {
            return 0;
        }

        var error = Fd.TryReadAt(file, buffer[..wanted], start + _position, out var count);
        if (error != Errno.None)
        {
            throw new LinuxException(error, "read");
        }

        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin)
    {
        var wanted = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => length + offset,
        };
        ArgumentOutOfRangeException.ThrowIfNegative(wanted, nameof(offset));
        return _position = wanted;
    }

    public override void Flush()
    {
        // Nothing is written.
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && IsOwner)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }
}
