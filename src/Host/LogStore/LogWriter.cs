using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Host.LogStore;

/// <summary>
/// Appends whole lines to one file of a VM's log and rotates it by size and age. A write that stops half-way is taken back, and a half line
/// that an earlier process or a loss of power left is ended, so that it does not swallow the next one. One caller at a time.
/// </summary>
internal sealed class LogWriter(string path, LogFileLimits limits, TimeProvider clock) : IDisposable
{
    /// <summary>Files of a directory are renamed and compressed under the lock of this name.</summary>
    private const string LockName = ".lock";

    /// <summary>So many bytes hold the time of the first line.</summary>
    private const int LineHead = 128;

    private FdHandle? _file;
    private DateTimeOffset _begun;

    /// <summary>The file's length in bytes, asked of the kernel each time, as people do empty log files by hand.</summary>
    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public long Length => Fd.SizeOf(File());

    /// <summary>The lock under which files of the directory are renamed, or null while another program or task holds it.</summary>
    public static FileLock? TryLock(string directory) => FileLock.TryTake(Path.Combine(directory, LockName));

    /// <summary>Opens or makes the file now, and not with the first line; false where the disk has no room even for an empty one.</summary>
    /// <exception cref="IOException">The file cannot be made or opened for another reason.</exception>
    public bool TryOpen()
    {
        try
        {
            File();
            return true;
        }
        catch (LinuxException full) when (full.Errno is Errno.ENOSPC or Errno.EDQUOT)
        {
            return false;
        }
    }

    /// <summary>Whether so many more bytes, or the time, call for a new file.</summary>
    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public bool IsRotationDue(int more)
    {
        var length = Length;
        return length > 0 && (length + more > limits.MaxFileBytes || clock.GetUtcNow() - _begun > limits.MaxAge);
    }

    /// <summary>
    /// Puts the file away and begins a new one; false while another program or task holds the directory's lock, which it does for moments.
    /// </summary>
    /// <exception cref="IOException">No new file can be made, or one cannot be renamed; lines go on into the one that was open.</exception>
    public bool TryRotate()
    {
        using var alone = TryLock(Path.GetDirectoryName(path)!);
        if (alone is null)
        {
            return false;
        }

        RotatedFiles.Shift(path, limits.KeptFiles);
        var (former, formerBegun) = (_file, _begun);
        _file = null;
        try
        {
            File();
            former?.Dispose();
        }
        catch
        {
            (_file, _begun) = (former, formerBegun);
            throw;
        }

        return true;
    }

    /// <summary>Appends all of the lines or, with the kernel's answer, nothing of them.</summary>
    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public Errno TryAppend(ReadOnlySpan<byte> lines)
    {
        var file = File();
        var before = Length;
        while (!lines.IsEmpty)
        {
            var outcome = Fd.TryWrite(file, lines, out var count);
            if (outcome != Errno.None)
            {
                CutTo(before);
                return outcome;
            }

            lines = lines[count..];
        }

        return Errno.None;
    }

    /// <summary>
    /// The same for a caller that must not wait, with the rotation: where another program holds the lock, the file grows to twice its limit
    /// and the next call tries again. False where nothing was appended: the disk is full, or that limit is reached.
    /// </summary>
    public bool TryAppendAndRotate(ReadOnlySpan<byte> lines)
    {
        if (!TryOpen())
        {
            return false;
        }

        try
        {
            _ = IsRotationDue(lines.Length) && TryRotate();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Goes on with the file it has, up to a limit.
        }

        return Length is var length && (length == 0 || length + lines.Length <= 2 * limits.MaxFileBytes) && TryAppend(lines) == Errno.None;
    }

    /// <summary>Takes off what was appended after the file had this length.</summary>
    public void CutTo(long length)
    {
        if (length < Length)
        {
            _ = Fd.TryTruncate(File(), length);
        }
    }

    public void Dispose() => _file?.Dispose();

    private FdHandle File()
    {
        if (_file is not null)
        {
            return _file;
        }

        var file = FdHandle.OpenOrMake(path, OpenFlags.ReadWrite | OpenFlags.Append);
        _begun = BeginOf(file);
        EndLastLine(file);
        return _file = file;
    }

    /// <summary>
    /// The time of the first line, by which a later process knows a file's age; a guest may claim one before the file was made.
    /// </summary>
    private DateTimeOffset BeginOf(FdHandle file)
    {
        if (Fd.SizeOf(file) == 0)
        {
            return clock.GetUtcNow();
        }

        Span<byte> head = stackalloc byte[LineHead];
        var made = new DateTimeOffset(System.IO.File.GetCreationTimeUtc(path));
        return Fd.TryReadAt(file, head, 0, out var count) == Errno.None
            && StoredLine.TryParse(head[..count].ToArray(), out var first)
            && first.Time > made
            ? first.Time
            : made;
    }

    private static void EndLastLine(FdHandle file)
    {
        Span<byte> last = stackalloc byte[1];
        var length = Fd.SizeOf(file);
        if (length > 0 && Fd.TryReadAt(file, last, length - 1, out var count) == Errno.None && count == 1 && last[0] != (byte)'\n')
        {
            _ = Fd.TryWrite(file, "\n"u8, out _);
        }
    }
}
