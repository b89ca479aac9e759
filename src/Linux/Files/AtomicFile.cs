using VmTools.Linux.Libc;

namespace VmTools.Linux.Files;

/// <summary>Files that are old or new but never half: written beside, flushed, renamed, and the rename flushed too.</summary>
public static class AtomicFile
{
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        var full = Path.GetFullPath(path);
        var directory = Path.GetDirectoryName(full)!;

        // In the same directory, as a rename cannot cross file systems; the name is ours alone, so writers do not meet.
        var temporary = Path.Combine(directory, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}");
        try
        {
            using (var file = FdHandle.Open(temporary, OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.WriteOnly, mode))
            {
                // The umask has had its say at open; the caller's mode is meant as it stands.
                Syscall.Check(Native.ChangeMode(file, (uint)mode), "fchmod", path);
                WriteAll(file, content, path);
                Syscall.Check(Native.Synchronize(file), "fsync", path);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        using var opened = FdHandle.Open(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.Check(Native.Synchronize(opened), "fsync", directory);
    }

    private static void WriteAll(FdHandle file, ReadOnlySpan<byte> content, string path)
    {
        while (!content.IsEmpty)
        {
            Syscall.Check(Fd.TryWrite(file, content, out var count), "write", path);
            content = content[count..];
        }
    }
}
