using VmTools.Host.LogStore;
using VmTools.Linux;

namespace VmTools.Host.VsockDevice.Console;

/// <summary>
/// Appends whole lines to one file of a VM's log and rotates it by size and age. Nothing here waits: where another program is
/// just renaming or compressing in the directory, the file grows a little further and the next write tries again.
/// </summary>
internal sealed class StoredFile : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Enough to read the time of the first line.</summary>
    private const int LineHead = 128;

    private readonly string _path;
    private readonly LogFileLimits _limits;
    private readonly TimeProvider _clock;
    private FdHandle? _file;
    private long _size;
    private DateTimeOffset _begun;
    private bool _isTorn;

    public StoredFile(string path, LogFileLimits limits, TimeProvider clock)
    {
        _path = path;
        _limits = limits;
        _clock = clock;
        _file = OpenIfRoom();
    }

    /// <summary>False where the lines could not be written whole: the disk is full, or the limit is far exceeded.</summary>
    public bool TryAppend(ReadOnlySpan<byte> lines)
    {
        _file ??= OpenIfRoom();
        if (_size > 0 && (_size + lines.Length > _limits.MaxFileBytes || _clock.GetUtcNow() - _begun > _limits.MaxAge))
        {
            Rotate();
        }

        if (_size > 0 && _size + lines.Length > 2 * _limits.MaxFileBytes)
        {
            return false;
        }

        // What a full disk cut off is no line and must not become one with the next.
        return (!_isTorn || TryWrite("\n"u8)) && TryWrite(lines);
    }

    public void Dispose() => _file?.Dispose();

    private bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (_file is null)
        {
            return false;
        }

        while (!bytes.IsEmpty)
        {
            var outcome = Fd.TryWrite(_file, bytes, out var count);
            _size += count;
            bytes = bytes[count..];
            if (outcome != Errno.None)
            {
                return false;
            }

            _isTorn = !bytes.IsEmpty;
        }

        return true;
    }

    private void Rotate()
    {
        try
        {
            using var alone = FileLock.TryTake(Path.Combine(Path.GetDirectoryName(_path)!, ".lock"));
            if (alone is null)
            {
                return;
            }

            RotatedFiles.Shift(_path, _limits.KeptFiles);
            var fresh = Open();
            _file?.Dispose();
            _file = fresh;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Goes on with the file it has, up to a limit.
        }
    }

    /// <summary>Null where the disk has no room even for an empty file; the next lines try again.</summary>
    private FdHandle? OpenIfRoom()
    {
        try
        {
            return Open();
        }
        catch (LinuxException full) when (full.Errno is Errno.ENOSPC or Errno.EDQUOT)
        {
            return null;
        }
    }

    private FdHandle Open()
    {
        var file = FdHandle.Open(_path, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Append | OpenFlags.NoFollow, OwnerOnly);
        Span<byte> head = stackalloc byte[LineHead];
        _size = Fd.SizeOf(file);
        _isTorn = false;
        _begun = _size > 0 && Fd.TryRead(file, head, out var count) == Errno.None && StoredLine.TryParse(head[..count].ToArray(), out var first)
            ? first.Time
            : _clock.GetUtcNow();
        return file;
    }
}
