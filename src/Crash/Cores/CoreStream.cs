namespace VmTools.Crash.Cores;

/// <summary>
/// A core as it passes by, through one buffer; only of a file one can ask to go elsewhere. The end, a failure of the source and a
/// cancellation look alike: there are no more bytes.
/// </summary>
internal sealed class CoreStream(Stream source, CancellationToken cancel)
{
    /// <summary>Several times what a pipe holds: one call to the kernel takes all there is.</summary>
    private const int BufferSize = 256 * 1024;

    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly long _origin = source.CanSeek ? source.Position : 0;
    private int _next;
    private int _filled;

    /// <summary>Bytes that were handed out or passed over.</summary>
    public long Position { get; private set; }

    public bool IsAtEnd { get; private set; }

    public bool CanGoTo => source.CanSeek;

    /// <summary>Why the source failed, else null.</summary>
    public string? Failure { get; private set; }

    /// <summary>
    /// The next bytes, one at least and not more than asked for; empty at the end. They stay as they are until the next call.
    /// </summary>
    public ReadOnlySpan<byte> Next(long most)
    {
        if (_next == _filled && !Fill())
        {
            return default;
        }

        var taken = (int)Math.Min(most, _filled - _next);
        var bytes = _buffer.AsSpan(_next, taken);
        _next += taken;
        Position += taken;
        return bytes;
    }

    /// <summary>The number of bytes read is smaller than asked for only at the end.</summary>
    public int Read(Span<byte> into)
    {
        var read = 0;
        while (read < into.Length)
        {
            var bytes = Next(into.Length - read);
            if (bytes.IsEmpty)
            {
                break;
            }

            bytes.CopyTo(into[read..]);
            read += bytes.Length;
        }

        return read;
    }

    /// <summary>False when the end comes first.</summary>
    public bool Skip(long count)
    {
        while (count > 0)
        {
            var passed = Next(count).Length;
            if (passed == 0)
            {
                return false;
            }

            count -= passed;
        }

        return true;
    }

    /// <summary>Behind the end is the end.</summary>
    public void GoTo(long position)
    {
        position = Math.Min(position, source.Length - _origin);
        source.Position = _origin + position;
        (_next, _filled, Position, IsAtEnd) = (0, 0, position, false);
    }

    /// <summary>The writer of the core can end without a broken pipe.</summary>
    public void Drain() => Skip(long.MaxValue);

    private bool Fill()
    {
        if (IsAtEnd)
        {
            return false;
        }

        try
        {
            _next = 0;
            _filled = cancel.IsCancellationRequested ? 0 : source.Read(_buffer, 0, _buffer.Length);
            Failure = cancel.IsCancellationRequested ? "reading was cancelled" : null;
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or ObjectDisposedException)
        {
            _filled = 0;
            Failure = failure.Message;
        }

        IsAtEnd = _filled == 0;
        return !IsAtEnd;
    }
}
