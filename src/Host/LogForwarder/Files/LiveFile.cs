using VmTools.Host.LogStore;
using VmTools.Linux;

namespace VmTools.Host.LogForwarder.Files;

/// <summary>The live file of one source, open for appending. Whole lines go in: a write that stops half-way is cut off again.</summary>
internal sealed class LiveFile : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FdHandle _file;
    private readonly DateTimeOffset _begun;

    private LiveFile(FdHandle file, DateTimeOffset begun) => (_file, _begun) = (file, begun);

    /// <summary>Asked of the kernel each time, as people do empty log files by hand.</summary>
    public long Length => Fd.SizeOf(_file);

    public static LiveFile Open(string path)
    {
        var file = FdHandle.Open(path, OpenFlags.Create | OpenFlags.ReadWrite | OpenFlags.Append | OpenFlags.NoFollow, OwnerOnly);
        if (Fd.KindOf(file) != FileKind.Regular)
        {
            file.Dispose();
            throw new LinuxException(Errno.EINVAL, "open", path);
        }

        var opened = new LiveFile(file, new DateTimeOffset(File.GetCreationTimeUtc(path)));
        opened.EndLastLine();
        return opened;
    }

    /// <summary>Whether so many more bytes, or the time, call for a new file.</summary>
    public bool IsDue(int more, LogFileLimits limits, DateTimeOffset now)
    {
        var length = Length;
        return length > 0 && (length + more > limits.MaxFileBytes || now - _begun > limits.MaxAge);
    }

    public Errno TryAppend(ReadOnlySpan<byte> lines)
    {
        while (!lines.IsEmpty)
        {
            var outcome = Fd.TryWrite(_file, lines, out var count);
            if (outcome != Errno.None)
            {
                return outcome;
            }

            lines = lines[count..];
        }

        return Errno.None;
    }

    /// <summary>Takes off what was appended after the file had this length.</summary>
    public void CutTo(long length)
    {
        if (length < Length)
        {
            _ = DiskUsage.TrySetLength(_file, length);
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>A machine that lost its power may have left half a line, which must not swallow the next one.</summary>
    private void EndLastLine()
    {
        Span<byte> last = stackalloc byte[1];
        if (Length is > 0 and var length && Fd.TryReadAt(_file, last, length - 1, out var count) == Errno.None && count == 1 && last[0] != (byte)'\n')
        {
            _ = Fd.TryWrite(_file, "\n"u8, out _);
        }
    }
}
