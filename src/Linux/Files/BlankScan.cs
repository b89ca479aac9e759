using VmTools.Linux.Libc;

namespace VmTools.Linux.Files;

/// <summary>
/// Whether a file or a block device holds nothing but zeroes. Its holes (SEEK_DATA, lseek(2)) are passed over, and all that is not a
/// hole is read to its end or to the first byte that is not zero. What cannot be read, or not in time, is not blank.
/// </summary>
public readonly record struct BlankScan
{
    /// <summary>Small enough for the heap that is compacted.</summary>
    private const int BufferBytes = 64 * 1024;

    private BlankScan(BlankVerdict verdict) => Verdict = verdict;

    public BlankVerdict Verdict { get; }

    /// <summary>Where the first byte stands that is not zero, or how far the reading came.</summary>
    public long Offset { get; private init; }

    /// <summary>Why it cannot be read.</summary>
    public Errno Errno { get; private init; }

    /// <summary>Moves the file's position, so the descriptor must be the caller's own.</summary>
    public static BlankScan Of(FdHandle file, TimeSpan limit, TimeProvider clock, CancellationToken cancel)
    {
        var length = Native.Seek(file, 0, Native.SeekEnd);
        if (length <= 0)
        {
            return length == 0 ? new BlankScan(BlankVerdict.Empty) : Unreadable(0, Syscall.LastError);
        }

        var since = clock.GetTimestamp();
        var buffer = new byte[BufferBytes];
        for (var offset = 0L; offset < length;)
        {
            var outcome = NextExtent(file, length, ref offset, out var end);
            if (outcome != Errno.None)
            {
                return Unreadable(offset, outcome);
            }

            for (; offset < end;)
            {
                cancel.ThrowIfCancellationRequested();
                if (clock.GetElapsedTime(since) > limit)
                {
                    return new BlankScan(BlankVerdict.TooLarge) { Offset = offset };
                }

                var part = buffer.AsSpan(0, (int)Math.Min(BufferBytes, end - offset));
                outcome = Fd.TryReadAt(file, part, offset, out var count);
                if (outcome != Errno.None || count == 0)
                {
                    return Unreadable(offset, outcome == Errno.None ? Errno.EIO : outcome);
                }

                if (part[..count].IndexOfAnyExcept((byte)0) is >= 0 and var at)
                {
                    return new BlankScan(BlankVerdict.HoldsData) { Offset = offset + at };
                }

                offset += count;
            }
        }

        return new BlankScan(BlankVerdict.Blank);
    }

    /// <summary>Moves to the next data, or to the end where there is none.</summary>
    private static Errno NextExtent(FdHandle file, long length, ref long offset, out long end)
    {
        end = length;
        var data = Native.Seek(file, offset, Native.SeekData);
        if (data == -1)
        {
            switch (Syscall.LastError)
            {
                case Errno.ENXIO:
                    offset = length;
                    return Errno.None;
                case Errno.EINVAL:
                    // A file system or a device that knows no holes: all of it is data.
                    return Errno.None;
                case var other:
                    return other;
            }
        }

        offset = data;
        var hole = Native.Seek(file, data, Native.SeekHole);
        end = hole > data ? Math.Min(hole, length) : length;
        return Errno.None;
    }

    private static BlankScan Unreadable(long offset, Errno why) => new(BlankVerdict.Unreadable) { Offset = offset, Errno = why };
}

/// <summary>What came of the search for data.</summary>
public enum BlankVerdict
{
    Unreadable,
    Empty,
    HoldsData,
    TooLarge,
    Blank,
}
