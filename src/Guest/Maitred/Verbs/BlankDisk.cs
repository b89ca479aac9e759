using VmTools.Linux;

namespace VmTools.Guest.Maitred.Verbs;

/// <summary>
/// Whether a disk was never written. The superblocks of all file systems and partition tables that Linux knows begin within
/// its first 128 KiB, and a new disk image reads as zeroes.
/// </summary>
internal static class BlankDisk
{
    private const int Looked = 128 * 1024;

    public static bool IsBlank(string path)
    {
        try
        {
            using var disk = FdHandle.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
            var buffer = new byte[Looked];
            var length = 0;
            while (length < Looked && Fd.TryRead(disk, buffer.AsSpan(length), out var count) == Errno.None && count > 0)
            {
                length += count;
            }

            return length == Looked && !buffer.AsSpan().ContainsAnyExcept((byte)0);
        }
        catch (LinuxException)
        {
            return false;
        }
    }
}
