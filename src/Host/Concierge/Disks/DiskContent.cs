using System.Buffers.Binary;
using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Host.Concierge.Disks;

/// <summary>What an image holds, judged by the places where file systems and their like put their names.</summary>
internal static class DiskContent
{
    /// <summary>Covers the ext4 superblock at 1 KiB and that of btrfs at 64 KiB.</summary>
    private const int Looked = 68 * 1024;
    private const int Ext4Magic = 1024 + 56;
    private const int BtrfsMagic = (64 * 1024) + 64;

    /// <summary>What people have on disks besides: the place of its name, the name, and what it is called.</summary>
    private static readonly (int Offset, byte[] Magic, string Called)[] Known =
    [
        (0, [.. "LUKS"u8, 0xba, 0xbe], "a LUKS container"),
        (0, [.. "QFI"u8, 0xfb], "a qcow2 image, which 'qemu-img convert -O raw' makes a plain one of"),
        (0, [.. "XFSB"u8], "an XFS file system"),
        (0, [.. "hsqs"u8], "a squashfs file system"),
        (512, [.. "EFI PART"u8], "a GPT partition table"),
        (512, [.. "LABELONE"u8], "an LVM volume"),
        (1024, [0xe2, 0xe1, 0xf5, 0xe0], "an EROFS file system"),
        (4096 - 10, [.. "SWAPSPACE2"u8], "swap space"),
        (510, [0x55, 0xaa], "a partition table"),
    ];

    /// <summary>The file system's name as mount(2) takes it; null where none is known or the image cannot be read.</summary>
    public static string? FileSystemOf(FdHandle image)
    {
        var head = HeadOf(image);
        return BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(Ext4Magic)) == 0xEF53 ? "ext4"
            : head.AsSpan(BtrfsMagic).StartsWith("_BHRfS_M"u8) ? "btrfs"
            : null;
    }

    /// <summary>What there is instead of a file system that a guest could mount, as the object of a sentence.</summary>
    public static string Describe(FdHandle image, BlankScan scan)
    {
        var head = HeadOf(image);
        var known = Known.FirstOrDefault(known => head.AsSpan(known.Offset).StartsWith(known.Magic));
        return known.Called ?? $"data of an unknown kind, from byte {scan.Offset} on";
    }

    /// <summary>What cannot be read counts as zeroes here; <see cref="BlankScan"/> tells it.</summary>
    private static byte[] HeadOf(FdHandle image)
    {
        var head = new byte[Looked];
        for (var length = 0; length < Looked && Fd.TryReadAt(image, head.AsSpan(length), length, out var count) == Errno.None && count > 0;)
        {
            length += count;
        }

        return head;
    }
}
