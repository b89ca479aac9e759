using System.Globalization;

namespace VmTools.Linux.Files;

/// <summary>
/// Small files at places where others could have put something else: records, settings, lists of numbers. What is there is looked at
/// before it is opened for reading, so that no FIFO is waited for and no device is touched, and no more is read than such a file has.
/// </summary>
public static class SmallFile
{
    private const int FirstBuffer = 4096;

    /// <summary>The whole file at <paramref name="path"/>, which is no symbolic link.</summary>
    /// <exception cref="LinuxException">ELOOP for a link, EINVAL for what is no regular file, EFBIG for one of more bytes, ENOENT,
    /// ….</exception>
    public static byte[] Read(string path, int mostBytes) => Read(path, mostBytes, OpenFlags.NoFollow);

    /// <summary>The same through links: for the settings of a user, which may be kept elsewhere.</summary>
    /// <exception cref="LinuxException">EINVAL for what is no regular file, EFBIG for one of more bytes, ENOENT, ….</exception>
    public static byte[] ReadThroughLinks(string path, int mostBytes) => Read(path, mostBytes, default);

    private static byte[] Read(string path, int mostBytes, OpenFlags links)
    {
        using var place = FdHandle.Open(path, OpenFlags.Path | links);
        var kind = Fd.KindOf(place);
        if (kind != FileKind.Regular)
        {
            throw new LinuxException(kind == FileKind.SymbolicLink ? Errno.ELOOP : Errno.EINVAL, "read", path);
        }

        // The kind of what is open cannot change, whatever becomes of its name.
        var number = place.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
        using var file = FdHandle.Open(
            $"/proc/self/fd/{number}", OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal);
        var bytes = new byte[Math.Min(FirstBuffer, mostBytes + 1)];
        for (var length = 0; ;)
        {
            Syscall.Check(Fd.TryRead(file, bytes.AsSpan(length), out var count), "read", path);
            length += count;
            if (count == 0)
            {
                return bytes[..length];
            }

            if (length > mostBytes)
            {
                throw new LinuxException(Errno.EFBIG, "read", path);
            }

            if (length == bytes.Length)
            {
                Array.Resize(ref bytes, Math.Min(length * 2, mostBytes + 1));
            }
        }
    }
}
