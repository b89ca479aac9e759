using System.Globalization;
using System.Text;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Files;

/// <summary>
/// Regular files at places that a stranger fills: the root of a container, the mappings of a process. What is there is looked
/// at before it is opened for reading, so that no FIFO is waited for and no device is touched.
/// </summary>
public static class ForeignFile
{
    /// <summary>Follows symbolic links as if <paramref name="root"/> were the root directory, and no others (openat2(2)).</summary>
    public static FdHandle? TryOpenBelow(FdHandle root, string path)
    {
        using var place = TryLocateBelow(root, path);
        return place is null ? null : TryReopen(place);
    }

    /// <summary>A directory below <paramref name="root"/>, found in the same way; null where there is none.</summary>
    public static FdHandle? TryOpenDirectoryBelow(FdHandle root, string path)
    {
        var place = TryLocateBelow(root, path);
        if (place is null || Fd.KindOf(place) == FileKind.Directory)
        {
            return place;
        }

        place.Dispose();
        return null;
    }

    /// <summary>What a link below /proc stands for, such as /proc/PID/exe, which needs no path that still exists.</summary>
    public static FdHandle? TryOpenLink(string link)
    {
        try
        {
            using var place = FdHandle.Open(link, OpenFlags.Path);
            return TryReopen(place);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <summary>Null where there is no such directory or it is not ours to enter.</summary>
    public static FdHandle? TryOpenDirectory(string path)
    {
        try
        {
            return FdHandle.Open(path, OpenFlags.Path | OpenFlags.Directory);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    private static unsafe FdHandle? TryLocateBelow(FdHandle root, string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path + '\0');

        // struct open_how: flags, mode and resolve, each of 64 bits.
        Span<ulong> how = [(ulong)OpenFlags.Path | Native.OpenCloexec, 0, Native.ResolveInRoot | Native.ResolveNoMagicLinks];
        nint fd;

        // SAFETY: path and structure are pinned for the call; the path ends with a zero, the structure has the size that is given.
        fixed (byte* name = bytes)
        fixed (ulong* words = how)
        {
            fd = Native.Call(Native.CallOpenAt2, root, (nint)name, (nint)words, how.Length * sizeof(ulong));
        }

        return fd < 0 ? null : new FdHandle((int)fd);
    }

    /// <summary>
    /// For reading, what is open as a place alone; null where it is no regular file. The kind of what is open cannot change, whatever
    /// becomes of its name.
    /// </summary>
    public static FdHandle? TryReopen(FdHandle place)
    {
        try
        {
            var number = place.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
            return Fd.KindOf(place) == FileKind.Regular
                ? FdHandle.Open($"/proc/self/fd/{number}", OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal)
                : null;
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
