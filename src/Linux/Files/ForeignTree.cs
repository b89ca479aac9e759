using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Files;

/// <summary>
/// A tree of files that is made as a stranger describes it. Every name is resolved as if the tree's root were the root directory
/// (openat2(2)); only links on the way are followed, and so within the tree, never one at the name itself. A name is a path without empty
/// parts, "." and "..", in which each char stands for one byte (Latin-1), as names need be no UTF-8; "" is the root.
/// </summary>
public sealed class ForeignTree : IDisposable
{
    /// <summary>A tree that is deeper was made to be deep.</summary>
    private const int MaxDepth = 3000;

    private const UnixFileMode MadeOnTheWay = FileModes.AllMayLook;

    private readonly FdHandle _root;
    private FdHandle? _parent;
    private string? _parentName;

    private ForeignTree(FdHandle root) => _root = root;

    /// <summary>The tree below a directory that is there.</summary>
    public static ForeignTree Open(string path) => new(FdHandle.Open(path, OpenFlags.Path | OpenFlags.Directory));

    /// <summary>A new and empty file, open for writing; what stood there is gone.</summary>
    public unsafe FdHandle MakeFile(string name)
    {
        var place = Clear(name, keepDirectory: false);
        var flags = Kernel.OpenFlagsOf(
            OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, RuntimeInformation.ProcessArchitecture);
        fixed (byte* path = place)
        {
            return new FdHandle(Check(
                Native.Open(path, flags | Native.OpenCloexec, (uint)FileModes.OwnerReadsAndWrites), "make the file", name));
        }
    }

    /// <summary>A directory; one that is there stays with what is in it.</summary>
    public unsafe void MakeDirectory(string name)
    {
        if (name.Length == 0)
        {
            return;
        }

        var place = Clear(name, keepDirectory: true);
        fixed (byte* path = place)
        {
            var result = Native.MakeDirectory(path, (uint)FileModes.OwnerDoesAll);
            if (result == -1 && Syscall.LastError != Errno.EEXIST)
            {
                Check(result, "make the directory", name);
            }
        }
    }

    public unsafe void MakeFifo(string name)
    {
        var place = Clear(name, keepDirectory: false);
        fixed (byte* path = place)
        {
            Check(Native.MakeFifo(path, (uint)FileModes.OwnerReadsAndWrites), "make the pipe", name);
        }
    }

    /// <summary>A link to wherever; nothing is looked up there.</summary>
    public unsafe void MakeSymbolicLink(string name, string target)
    {
        var place = Clear(name, keepDirectory: false);
        fixed (byte* path = place)
        fixed (byte* to = BytesOf(target))
        {
            Check(Native.MakeSymbolicLink(to, path), "make the link", name);
        }
    }

    /// <summary>A second name for something in the tree that is no directory.</summary>
    public unsafe void MakeHardLink(string name, string existing)
    {
        if (name == existing)
        {
            throw new LinuxException(Errno.EEXIST, "link to itself", Shown(name));
        }

        // Its own descriptor: the next look-up may close the one that is kept.
        using var directory = TryOpenDirectory(DirectoryOf(existing), followLast: true)
            ?? throw new LinuxException(Syscall.LastError, "link to", Shown(existing));
        var from = PathIn(directory, LeafOf(existing));
        var place = Clear(name, keepDirectory: false);
        fixed (byte* source = from)
        fixed (byte* path = place)
        {
            Check(Native.MakeHardLink(source, path), $"link to '{Shown(existing)}'", name);
        }
    }

    /// <summary>Whose it is: a link itself, not what it points to.</summary>
    public unsafe void SetOwner(string name, uint uid, uint gid)
    {
        fixed (byte* path = Place(name))
        {
            Check(Native.ChangeOwner(path, uid, gid), "give away", name);
        }
    }

    /// <summary>Who may do what with something that is no link.</summary>
    public unsafe void SetMode(string name, UnixFileMode mode)
    {
        fixed (byte* path = Place(name))
        {
            Check(Native.ChangeMode(path, (uint)mode), "change the mode of", name);
        }
    }

    /// <summary>When it was changed last, in seconds since 1970 and nanoseconds.</summary>
    public unsafe void SetTime(string name, long seconds, int nanoseconds)
    {
        var times = stackalloc long[] { 0, Native.TimeOmitted, seconds, nanoseconds };
        fixed (byte* path = Place(name))
        {
            Check(Native.SetTimes(Native.AtCurrentDirectory, path, times, Native.AtSymlinkNoFollow), "set the time of", name);
        }
    }

    /// <summary>An extended attribute of it (xattr(7)).</summary>
    public unsafe Errno TrySetAttribute(string name, string attribute, ReadOnlySpan<byte> value)
    {
        fixed (byte* path = Place(name))
        fixed (byte* key = BytesOf(attribute))
        fixed (byte* bytes = value)
        {
            return Syscall.Outcome(Native.SetAttribute(path, key, bytes, (nuint)value.Length, 0));
        }
    }

    /// <summary>What is there goes, with all that is in it; nothing there is fine.</summary>
    public void Remove(string name)
    {
        if (name.Length == 0)
        {
            Empty(name);
        }
        else if (TryPlace(name) is { } place)
        {
            Remove(place, name, depth: 0);
            Forget();
        }
    }

    /// <summary>All that is in a directory goes; where there is no directory, that is fine.</summary>
    public void Empty(string name)
    {
        Forget();
        using var directory = TryOpenDirectory(name, followLast: false);
        if (directory is not null)
        {
            Empty(directory, name, depth: 0);
        }
    }

    /// <summary>All of it is on the disk when this returns (syncfs(2)).</summary>
    public void Flush()
    {
        using var open = Reopen(_root);
        Check(Native.SynchronizeFileSystem(open), "write out", "/");
    }

    public void Dispose()
    {
        _parent?.Dispose();
        _root.Dispose();
    }

    /// <summary>A name as a person reads it.</summary>
    public static string Shown(string name) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(name));

    /// <summary>The path of a name that may be made, with the directories on the way.</summary>
    private unsafe byte[] Clear(string name, bool keepDirectory)
    {
        if (name.Length == 0)
        {
            throw new LinuxException(Errno.EISDIR, "replace", "/");
        }

        var place = Place(name);
        fixed (byte* path = place)
        {
            var result = Native.Unlink(path);
            var error = Syscall.Outcome(result);
            if (error == Errno.EISDIR && !keepDirectory)
            {
                Forget();
                Remove(place = Place(name), name, depth: 0);
            }
            else if (error is not (Errno.None or Errno.ENOENT or Errno.EISDIR))
            {
                Check(result, "replace", name);
            }
            else if (error == Errno.None)
            {
                // It may have been a link on the way to what is open.
                Forget();
                place = Place(name);
            }
        }

        return place;
    }

    private byte[] Place(string name)
    {
        if (name.Length == 0)
        {
            return PathIn(_root, ".");
        }

        var parent = DirectoryOf(name);
        if (_parent is null || _parentName != parent)
        {
            Forget();
            _parent = OpenDirectory(parent, name);
            _parentName = parent;
        }

        return PathIn(_parent, LeafOf(name));
    }

    /// <summary>Null where no directory leads to it.</summary>
    private byte[]? TryPlace(string name)
    {
        Forget();
        _parentName = DirectoryOf(name);
        _parent = TryOpenDirectory(_parentName, followLast: true);
        return _parent is null ? null : PathIn(_parent, LeafOf(name));
    }

    private void Forget()
    {
        _parent?.Dispose();
        (_parent, _parentName) = (null, null);
    }

    /// <summary>Makes what is missing on the way.</summary>
    private FdHandle OpenDirectory(string path, string whose)
    {
        if (TryOpenDirectory(path, followLast: true) is { } there)
        {
            return there;
        }

        if (Syscall.LastError != Errno.ENOENT || path.Length == 0)
        {
            throw new LinuxException(Syscall.LastError, "enter the directory of", Shown(whose));
        }

        using (var above = OpenDirectory(DirectoryOf(path), whose))
        {
            MakeOnTheWay(above, path);
        }

        return TryOpenDirectory(path, followLast: true) ?? throw new LinuxException(
            Syscall.LastError, "enter the directory of", Shown(whose));
    }

    private static unsafe void MakeOnTheWay(FdHandle above, string path)
    {
        fixed (byte* place = PathIn(above, LeafOf(path)))
        {
            Check(Native.MakeDirectory(place, (uint)FileModes.OwnerDoesAll), "make the directory", path);
            Check(Native.ChangeMode(place, (uint)MadeOnTheWay), "change the mode of", path);
        }
    }

    private unsafe FdHandle? TryOpenDirectory(string path, bool followLast)
    {
        // struct open_how: flags, mode and resolve, each of 64 bits.
        var flags = OpenFlags.Path | OpenFlags.Directory | (followLast ? 0 : OpenFlags.NoFollow);
        var native = (ulong)(uint)Kernel.OpenFlagsOf(flags, RuntimeInformation.ProcessArchitecture) | Native.OpenCloexec;
        Span<ulong> how = [native, 0, Native.ResolveInRoot | Native.ResolveNoMagicLinks];
        nint fd;

        // SAFETY: path and structure are pinned for the call; the path ends with a zero, the structure has the size that is given.
        fixed (byte* name = BytesOf(path.Length == 0 ? "." : path))
        fixed (ulong* words = how)
        {
            fd = Native.Call(Native.CallOpenAt2, _root, (nint)name, (nint)words, how.Length * sizeof(ulong));
        }

        return fd < 0 ? null : new FdHandle((int)fd);
    }

    private static unsafe void Remove(byte[] place, string name, int depth)
    {
        fixed (byte* path = place)
        {
            if (Native.Unlink(path) == 0 || Syscall.LastError == Errno.ENOENT)
            {
                return;
            }

            if (Syscall.LastError != Errno.EISDIR)
            {
                Check(-1, "remove", name);
            }

            var flags = Kernel.OpenFlagsOf(
                OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow, RuntimeInformation.ProcessArchitecture);
            using (var directory = new FdHandle(Check(Native.Open(path, flags | Native.OpenCloexec, 0), "open", name)))
            {
                Empty(directory, name, depth + 1);
            }

            Check(Native.RemoveDirectory(path), "remove", name);
        }
    }

    private static void Empty(FdHandle directory, string name, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new LinuxException(Errno.ENAMETOOLONG, "remove", Shown(name));
        }

        foreach (var entry in EntriesOf(directory))
        {
            Remove(PathIn(directory, entry), entry, depth);
        }
    }

    /// <summary>The names in a directory (getdents64(2)); each char is a byte.</summary>
    private static List<string> EntriesOf(FdHandle directory)
    {
        using var open = Reopen(directory);
        var names = new List<string>();
        var buffer = new byte[16 * 1024];
        while (ReadEntries(open, buffer) is > 0 and var count)
        {
            // struct linux_dirent64: inode and offset of 8 bytes each, length of the record 2, kind 1, and the name with a zero.
            for (var at = 0; at < count; at += BitConverter.ToUInt16(buffer, at + 16))
            {
                var bytes = buffer.AsSpan(at + 19, count - at - 19);
                var name = Encoding.Latin1.GetString(bytes[..bytes.IndexOf((byte)0)]);
                if (name is not ("." or ".."))
                {
                    names.Add(name);
                }
            }
        }

        return names;
    }

    private static unsafe int ReadEntries(FdHandle directory, byte[] buffer)
    {
        fixed (byte* start = buffer)
        {
            return Check(
                (int)Native.Call(Native.CallGetDirectoryEntries, directory, (nint)start, buffer.Length, 0), "read a directory", "");
        }
    }

    /// <summary>For reading, what is open as a place alone.</summary>
    private static FdHandle Reopen(FdHandle directory) => FdHandle.Open(
        string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directory.DangerousGetHandle()}"),
        OpenFlags.ReadOnly | OpenFlags.Directory);

    private static string DirectoryOf(string name) => name.LastIndexOf('/') is var slash and >= 0 ? name[..slash] : "";

    private static string LeafOf(string name) => name[(name.LastIndexOf('/') + 1)..];

    /// <summary>A path to a name in a directory that is open, whatever becomes of the directory's own name.</summary>
    private static byte[] PathIn(FdHandle directory, string leaf) =>
        BytesOf(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directory.DangerousGetHandle()}/{leaf}"));

    private static byte[] BytesOf(string name)
    {
        var bytes = new byte[name.Length + 1];
        Encoding.Latin1.GetBytes(name, bytes);
        return bytes;
    }

    private static int Check(int result, string what, string name) => Syscall.Check(result, what, Shown(name));
}
