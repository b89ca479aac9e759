using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Loop;

namespace VmTools.Guest.CrashCollector.Conversion;

/// <summary>
/// The core as the kernel writes it into our standard input, until its end or until there is no more time: then it looks as if it
/// had been cut off there. Forward only.
/// </summary>
internal sealed class CorePipe : Stream
{
    /// <summary>The size that a pipe may have without special rights (pipe(7), pipe-max-size).</summary>
    private const int PipeBytes = 1024 * 1024;

    private readonly FdHandle _input;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _limit;
    private readonly long _began;
    private readonly Epoll _epoll = new();
    private readonly EpollEvent[] _events = new EpollEvent[1];

    /// <param name="input">The reading end of a pipe; stays the caller's.</param>
    /// <param name="limit">How long reading may take in all.</param>
    /// <param name="clock">Measures it.</param>
    public CorePipe(FdHandle input, TimeSpan limit, TimeProvider clock)
    {
        (_input, _limit, _clock, _began) = (input, limit, clock, clock.GetTimestamp());
        Pipe.TryEnlarge(input, PipeBytes);
        Fd.SetNonBlocking(input, true);
        _epoll.Add(input, EpollEvents.In, token: 0);
    }

    /// <summary>Whether the end was not the core's own.</summary>
    public bool IsOutOfTime { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("A pipe has no length.");

    public override long Position
    {
        get => throw new NotSupportedException("A pipe has no position.");
        set => throw new NotSupportedException("A pipe has no position.");
    }

    public override int Read(Span<byte> buffer)
    {
        while (!IsOutOfTime)
        {
            var outcome = Fd.TryRead(_input, buffer, out var count);
            if (outcome == Errno.None)
            {
                return count;
            }

            if (outcome != Errno.EAGAIN)
            {
                throw new LinuxException(outcome, "read", "the core");
            }

            var left = _limit - _clock.GetElapsedTime(_began);
            IsOutOfTime = left <= TimeSpan.Zero;
            _epoll.Wait(_events, (int)Math.Clamp(left.TotalMilliseconds, 0, int.MaxValue));
        }

        return 0;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A pipe cannot be wound back.");

    public override void SetLength(long value) => throw new NotSupportedException("A pipe has no length.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The core is only read.");

    protected override void Dispose(bool disposing)
    {
        _epoll.Dispose();
        base.Dispose(disposing);
    }
}
