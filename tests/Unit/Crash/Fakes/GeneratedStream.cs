namespace VmTools.Unit.Crash.Fakes;

/// <summary>A core's beginning and then zeroes, as many as asked for, none of which is in memory.</summary>
internal sealed class GeneratedStream(byte[] head, long length) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException("A core passes by once.");
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var taken = (int)Math.Min(count, length - _position);
        var into = buffer.AsSpan(offset, taken);
        into.Clear();
        if (_position < head.Length)
        {
            head.AsSpan((int)_position, (int)Math.Min(taken, head.Length - _position)).CopyTo(into);
        }

        _position += taken;
        return taken;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A core passes by once.");

    public override void SetLength(long value) => throw new NotSupportedException("A core is only read.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A core is only read.");
}
