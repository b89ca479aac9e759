using System.Buffers.Binary;
using System.Text.Json;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>
/// The installed guest image. A look at each file's first bytes and length finds what is missing, cut off or overwritten
/// before a VM spends a minute on not booting from it.
/// </summary>
internal sealed class GuestImages(string directory)
{
    /// <summary>Offset and layout of the superblock: Linux, fs/erofs/erofs_fs.h.</summary>
    private const int ErofsSuperblock = 1024;
    private const uint ErofsMagic = 0xE0F5E1E2;

    public GuestImage Check()
    {
        if (!Directory.Exists(directory))
        {
            throw Missing($"There is no guest image in {directory}");
        }

        var sizes = ReadSizes();
        var kernel = Sound("vmlinux", sizes, header => header.StartsWith("\u007fELF"u8));
        var initramfs = Sound("initramfs.cpio", sizes, header => header.Length > 6);
        var root = Sound("rootfs.img", sizes, header => true);
        CheckFileSystem(root);
        return new GuestImage(kernel, initramfs, root) { StockContainer = StockContainer(sizes) };
    }

    private string? StockContainer(Dictionary<string, long> sizes)
    {
        if (!File.Exists(Path.Combine(directory, "penguin.img")))
        {
            return null;
        }

        var container = Sound("penguin.img", sizes, header => true);
        CheckFileSystem(container);
        return container;
    }

    private string Sound(string name, Dictionary<string, long> sizes, Func<ReadOnlySpan<byte>, bool> looksRight)
    {
        var path = Path.Combine(directory, name);
        if (!File.Exists(path))
        {
            throw Missing($"The guest image in {directory} has no {name}");
        }

        Span<byte> header = stackalloc byte[64];
        header = header[..ReadAt(path, 0, header, out var length)];
        if (sizes.TryGetValue(name, out var wanted) && wanted != length)
        {
            throw Damaged(name, $"it has {length} bytes instead of {wanted}");
        }

        return looksRight(header) ? path : throw Damaged(name, "its first bytes are not those of such a file");
    }

    /// <summary>The file system knows its own size, so a file that was cut off is found without a manifest.</summary>
    private static void CheckFileSystem(string path)
    {
        Span<byte> superblock = stackalloc byte[64];
        var count = ReadAt(path, ErofsSuperblock, superblock, out var length);
        if (count < superblock.Length || BinaryPrimitives.ReadUInt32LittleEndian(superblock) != ErofsMagic)
        {
            throw Damaged(Path.GetFileName(path), "it holds no erofs file system");
        }

        var wanted = (long)BinaryPrimitives.ReadUInt32LittleEndian(superblock[36..]) << superblock[12];
        if (length < wanted)
        {
            throw Damaged(Path.GetFileName(path), $"it has {length} bytes and its file system says {wanted}");
        }
    }

    private static int ReadAt(string path, long offset, Span<byte> to, out long length)
    {
        try
        {
            using var file = File.OpenHandle(path);
            length = RandomAccess.GetLength(file);
            return RandomAccess.Read(file, to, offset);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(
                ErrorKind.PermissionDenied,
                $"The guest image's file {path} cannot be read. Give your user the right to read it.",
                unreadable);
        }
    }

    /// <summary>The sizes in the manifest's "files", where it has them.</summary>
    private Dictionary<string, long> ReadSizes()
    {
        var path = Path.Combine(directory, "manifest.json");
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        if (!File.Exists(path))
        {
            return sizes;
        }

        try
        {
            using var manifest = JsonDocument.Parse(File.ReadAllBytes(path));
            if (manifest.RootElement.TryGetProperty("files", out var files))
            {
                foreach (var file in files.EnumerateObject())
                {
                    sizes[file.Name] = file.Value.GetInt64();
                }
            }

            return sizes;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException)
        {
            throw Damaged("manifest.json", "it is not the JSON it should be", broken);
        }
    }

    private static VmToolsException Missing(string what) =>
        new(ErrorKind.Unavailable, $"{what}. Build one with 'make image', or set VMTOOLS_IMAGE_DIR to where it is.");

    private static VmToolsException Damaged(string file, string how, Exception? cause = null) =>
        new(ErrorKind.FailedPrecondition, $"The guest image is damaged: {file}: {how}. Build it again with 'make image'.", cause);
}

/// <summary>The files a VM boots from, looked at and found sound.</summary>
internal sealed record GuestImage(string Kernel, string? Initramfs, string RootDisk)
{
    /// <summary>The root file system from which the guest makes its stock containers; null for an image without one.</summary>
    public string? StockContainer { get; init; }
}
