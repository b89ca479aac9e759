using VmTools.Linux;

namespace VmTools.Host.VsockDevice;

/// <summary>
/// A file that grows to a limit, is then renamed to <c>NAME.1</c> and begun anew: never more than twice the limit on disk,
/// always at least the last limit's worth to read. A disk that is full costs lines, not the program: where there is no room even for
/// the file, the next write tries again.
/// </summary>
internal sealed class RotatingFile : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _path;
    private readonly long _limit;
    private FdHandle? _file;
    private long _size;

    public RotatingFile(string path, long limit)
    {
        _path = path;
        _limit = limit;
        _file = OpenIfRoom();
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_size > 0 && _size + bytes.Length > _limit)
        {
            Rotate();
        }

        _file ??= OpenIfRoom();
        while (_file is not null && !bytes.IsEmpty && Fd.TryWrite(_file, bytes, out var count) == Errno.None)
        {
            _size += count;
            bytes = bytes[count..];
        }
    }

    public void Dispose() => _file?.Dispose();

    private void Rotate()
    {
        try
        {
            File.Move(_path, _path + ".1", overwrite: true);
            var fresh = Open();
            _file?.Dispose();
            _file = fresh;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Keeps the file it has; the next limit's worth tries again.
            _size = 0;
        }
    }

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
        var file = FdHandle.Open(_path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append, OwnerOnly);
        _size = Fd.SizeOf(file);
        return file;
    }
}
