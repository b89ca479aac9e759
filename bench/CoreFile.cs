using System.Buffers.Binary;

namespace VmTools.Bench;

/// <summary>
/// Writes a core as the kernel of x86-64 lays one out (elf(5), core(5)): a thread whose stack pointer is in the last of three mappings, a
/// heap of any size before it. The heap is a hole in the file.
/// </summary>
internal static class CoreFile
{
    private const int Headers = 64 + (3 * 56);
    private const int StatusSize = 336;
    private const int NoteSize = 12 + 8 + StatusSize;
    private const int StackPointerAt = 112 + (19 * 8);
    private const long StackSize = 132 * 1024;
    private const long Heap = 0x10_0000_0000;
    private const long Stack = 0x7f00_0000_0000;

    public static void Write(string path, long heapSize)
    {
        var head = new byte[Headers + NoteSize];
        byte[] identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identification.CopyTo(head, 0);
        Half(head, 16, 4);
        Half(head, 18, 62);
        Long(head, 32, 64);
        Half(head, 54, 56);
        Half(head, 56, 3);
        Segment(head.AsSpan(64), type: 4, Headers, address: 0, NoteSize);
        Segment(head.AsSpan(64 + 56), type: 1, head.Length, Heap, heapSize);
        Segment(head.AsSpan(64 + (2 * 56)), type: 1, head.Length + heapSize, Stack, StackSize);
        Status(head.AsSpan(Headers));
        using var file = File.Create(path);
        file.Write(head);
        file.SetLength(head.Length + heapSize + StackSize);
    }

    private static void Status(Span<byte> note)
    {
        BinaryPrimitives.WriteInt32LittleEndian(note, 5);
        BinaryPrimitives.WriteInt32LittleEndian(note[4..], StatusSize);
        BinaryPrimitives.WriteInt32LittleEndian(note[8..], 1);
        "CORE"u8.CopyTo(note[12..]);
        var status = note[20..];
        Half(status, 12, 11);
        BinaryPrimitives.WriteInt32LittleEndian(status[32..], 1000);
        Long(status, StackPointerAt, Stack + 0x1000);
    }

    private static void Segment(Span<byte> header, int type, long offset, long address, long size)
    {
        BinaryPrimitives.WriteInt32LittleEndian(header, type);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], 6);
        Long(header, 8, offset);
        Long(header, 16, address);
        Long(header, 32, size);
        Long(header, 40, size);
    }

    private static void Half(Span<byte> at, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(at[offset..], value);

    private static void Long(Span<byte> at, int offset, long value) => BinaryPrimitives.WriteInt64LittleEndian(at[offset..], value);
}
