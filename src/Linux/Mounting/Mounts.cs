using System.Text;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Mounting;

/// <summary>Mounting and unmounting (mount(2), umount2(2)), and the table of what is mounted.</summary>
public static class Mounts
{
    public static void Mount(string source, string target, string type, MountFlags flags, string? options) =>
        Syscall.Check(Native.Mount(source, target, type, (nuint)flags, options), $"mount {type} on", target);

    public static void Unmount(string target, UnmountFlags flags) =>
        Syscall.Check(Native.Unmount(target, (int)flags), "unmount", target);

    /// <summary>
    /// Makes a mount the root. An initramfs cannot be left by pivot_root(2): its file system is the one that can never be
    /// unmounted, so the new root is moved over it.
    /// </summary>
    public static void SwitchRoot(string newRoot)
    {
        Syscall.Check(Native.ChangeDirectory(newRoot), "chdir", newRoot);
        Mount(".", "/", "none", MountFlags.Move, null);
        Syscall.Check(Native.ChangeRoot("."), "chroot", newRoot);
        Syscall.Check(Native.ChangeDirectory("/"), "chdir", "/");
    }

    /// <summary>
    /// Leaves this process an empty, read-only root and nothing else mounted; what is open stays so. Only in a mount name space
    /// of its own, as the machine's root would go with it: elsewhere it is EPERM. Any empty directory serves as the place.
    /// </summary>
    public static void EnterEmptyRoot(string place)
    {
        if (NameSpaceOf("self") is not { } own || own == NameSpaceOf("1"))
        {
            throw new LinuxException(Errno.EPERM, "empty the root of init's mounts by", place);
        }

        const MountFlags closed = MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec;
        Mount("empty", place, "tmpfs", closed, "size=4k,mode=0555");
        Syscall.Check(Native.ChangeDirectory(place), "chdir", place);
        PivotHere();
        Unmount(".", UnmountFlags.Detach);
        Syscall.Check(Native.ChangeDirectory("/"), "chdir", "/");
    }

    /// <summary>The old root comes to lie over the new one, in the same place, and can be taken off it (pivot_root(2)).</summary>
    private static unsafe void PivotHere()
    {
        var here = stackalloc byte[2] { (byte)'.', 0 };
        if (Native.Call(Native.CallPivotRoot, (nint)here, (nint)here, 0) == -1)
        {
            throw new LinuxException(Syscall.LastError, "pivot_root");
        }
    }

    private static string? NameSpaceOf(string process) => new FileInfo($"/proc/{process}/ns/mnt").LinkTarget;

    /// <summary>In the order of mounting.</summary>
    public static IReadOnlyList<MountEntry> Read() => Parse(File.ReadAllText("/proc/self/mounts"));

    internal static IReadOnlyList<MountEntry> Parse(string table)
    {
        var entries = new List<MountEntry>();
        foreach (var line in table.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = line.Split(' ');
            if (fields.Length >= 4)
            {
                entries.Add(new MountEntry(Unescape(fields[0]), Unescape(fields[1]), fields[2], fields[3]));
            }
        }

        return entries;
    }

    /// <summary>Blanks and backslashes in names stand as a backslash and three octal digits.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
        {
            return field;
        }

        var text = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length && IsOctal(field.AsSpan(i + 1, 3)))
            {
                text.Append((char)(((field[i + 1] - '0') * 64) + ((field[i + 2] - '0') * 8) + (field[i + 3] - '0')));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }

        return text.ToString();
    }

    private static bool IsOctal(ReadOnlySpan<char> digits) => !digits.ContainsAnyExceptInRange('0', '7');
}
