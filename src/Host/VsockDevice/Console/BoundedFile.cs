using VmTools.Linux;

namespace VmTools.Host.VsockDevice.Console;

/// <summary>
/// A file that grows to a limit and then begins anew with the later half of what it held: never more than the limit on disk, always at
/// least half of it to read. It is one file throughout, because this process may write to no other beside it. A disk that is full costs
/// lines, not the program: where there is no room even for the file, there is no log.
/// </summary>
internal sealed class BoundedFile : IDisposable
{
    private readonly FdHandle? _file;
    private readonly long _limit;
    private long _size;

    public BoundedFile(string path, long limit)
    {
        _limit = limit;
        _file = OpenIfRoom(path);
        _size = _file is null ? 0 : Fd.SizeOf(_file);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_size > 0 && _size + bytes.Length > _limit)
        {
            BeginAnew();
        }

        Append(bytes);
    }

    public void Dispose() => _file?.Dispose();

    private static FdHandle? OpenIfRoom(string path)
    {
        try
        {
            return FdHandle.Open(
                path, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Append | OpenFlags.NoFollow, FileModes.OwnerReadsAndWrites);
        }
        catch (LinuxException full) when (full.Errno is Errno.ENOSPC or Errno.EDQUOT)
        {
            return null;
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        while (_file is not null && !bytes.IsEmpty && Fd.TryWrite(_file, bytes, out var count) == Errno.None)
        {
            _size += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Keeps what follows the first line feed of the later half.</summary>
    private void BeginAnew()
    {
        if (_file is null)
        {
            return;
        }

        var half = new byte[Math.Min(_size, _limit) / 2];
        var outcome = Fd.TryReadAt(_file, half, _size - half.Length, out var count);
        if (Fd.TryTruncate(_file, 0) != Errno.None)
        {
            return;
        }

        _size = 0;
        var kept = half.AsSpan(0, outcome == Errno.None ? count : 0);
        Append(kept[(kept.IndexOf((byte)'\n') + 1)..]);
    }
}
