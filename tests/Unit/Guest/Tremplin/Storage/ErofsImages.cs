using System.Buffers.Binary;

namespace VmTools.Unit.Guest.Tremplin.Storage;

/// <summary>Files that begin as EROFS images do.</summary>
internal static class ErofsImages
{
    public const int BlockBytes = 4096;

    public static byte[] Make(Guid id, int blocks)
    {
        var bytes = new byte[blocks * BlockBytes];
        var block = bytes.AsSpan(1024);
        BinaryPrimitives.WriteUInt32LittleEndian(block, 0xE0F5E1E2);
        block[12] = 12;
        BinaryPrimitives.WriteUInt32LittleEndian(block[36..], (uint)blocks);
        id.TryWriteBytes(block[48..], bigEndian: true, out _);
        return bytes;
    }
}
