using System.Buffers.Binary;

namespace VmTools.Guest.Tremplin.Storage;

/// <summary>
/// What the superblock of an EROFS image says of it (struct erofs_super_block of the kernel's fs/erofs/erofs_fs.h): little endian, 1024
/// bytes from the start.
/// </summary>
/// <param name="Id">The file system's UUID, which the image's recipe derives from its content.</param>
/// <param name="Bytes">How long the image is; a disk may be longer.</param>
internal readonly record struct ErofsImage(Guid Id, long Bytes)
{
    /// <summary>So many bytes from the start say all that is needed.</summary>
    public const int HeaderBytes = 1024 + 128;

    private const int Start = 1024;
    private const uint Magic = 0xE0F5E1E2;
    private const int BlockBits = 12;
    private const int Blocks = 36;
    private const int Uuid = 48;

    public static bool TryRead(ReadOnlySpan<byte> header, out ErofsImage image)
    {
        image = default;
        if (header.Length < HeaderBytes)
        {
            return false;
        }

        var block = header[Start..];
        var bits = block[BlockBits];
        if (BinaryPrimitives.ReadUInt32LittleEndian(block) != Magic || bits is < 9 or > 16)
        {
            return false;
        }

        var blocks = BinaryPrimitives.ReadUInt32LittleEndian(block[Blocks..]);
        image = new ErofsImage(new Guid(block.Slice(Uuid, 16), bigEndian: true), (long)blocks << bits);
        return blocks > 0;
    }
}
