using System.Buffers.Binary;
using VmTools.Linux;

namespace VmTools.Host.Concierge.Disks;

/// <summary>What an image holds, judged by the places where file systems put their names.</summary>
internal static class DiskContent
{
    /// <summary>Covers the ext4 superblock at 1 KiB and that of btrfs at 64 KiB.</summary>
    private const int Looked = 68 * 1024;
    private const int Ext4Magic = 1024 + 56;
    private const int BtrfsMagic = (64 * 1024) + 64;

    /// <summary>The file system's name as mount(2) takes it; empty for a blank disk; null for something unknown.</summary>
    public static string? FileSystemOf(string path)
    {
        var head = new byte[Looked];
        // Not by the runtime's own files, which lock what they open and would meet the lock under which we look.
        using var file = FdHandle.Open(path, OpenFlags.ReadOnly | OpenFlags.NoFollow);
        if (Fd.TryReadAt(file, head, 0, out var count) == Errno.None && count == Looked && BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(Ext4Magic)) == 0xEF53)
        {
            return "ext4";
        }

        if (head.AsSpan(BtrfsMagic, 8).SequenceEqual("_BHRfS_M"u8))
        {
            return "btrfs";
        }

        return head.AsSpan().ContainsAnyExcept((byte)0) ? null : "";
    }
}
