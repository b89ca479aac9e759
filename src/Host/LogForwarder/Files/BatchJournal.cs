using System.Buffers.Binary;
using System.Numerics;
using VmTools.Host.LogStore;
using VmTools.Linux;

namespace VmTools.Host.LogForwarder.Files;

/// <summary>
/// A VM's <see cref="JournalState"/> in a small file: what makes a batch appear once although we may be killed at any moment. The
/// state is written by one pwrite within one page, which the kernel does whole or not at all; it guards against the end of this
/// process, not against the loss of power, so nothing is flushed.
/// <code>
///  0 magic  4 checksum of what follows  8 spool  24 sequence  32 source and 1, or 0  40 offset  48 dropped kernel  64 dropped user
/// </code>
/// </summary>
internal sealed class BatchJournal : IDisposable
{
    public const string FileName = ".journal";

    private const uint Magic = 0x314a4d56; // VMJ1
    private const int Size = 80;
    private const int Summed = 8;

    private readonly FdHandle _file;

    private BatchJournal(FdHandle file) => _file = file;

    /// <summary>Opens or makes the file. What is not a state of ours counts as none.</summary>
    public static BatchJournal Open(string directory, out JournalState state)
    {
        var file = FdHandle.OpenOrMake(Path.Combine(directory, FileName), OpenFlags.ReadWrite);
        Span<byte> bytes = stackalloc byte[Size];
        state = Fd.TryReadAt(file, bytes, 0, out var count) == Errno.None && count == Size && TryRead(bytes, out var read) ? read : default;
        return new BatchJournal(file);
    }

    /// <summary>
    /// The kernel's answer, which for a file that has its bytes already is never that the disk is full, but on a new one may be.
    /// </summary>
    public Errno TryWrite(in JournalState state)
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(state, bytes);
        var outcome = Fd.TryWriteAt(_file, bytes, 0, out var count);
        return outcome == Errno.None && count < Size ? Errno.ENOSPC : outcome;
    }

    public void Dispose() => _file.Dispose();

    private static void Write(in JournalState state, Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[8..], state.Last.Spool);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], state.Last.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], state.Open is { } open ? (int)open.Source + 1 : 0);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[40..], state.Open?.Offset ?? 0);
        Write(state.DroppedKernel, bytes[48..]);
        Write(state.DroppedUser, bytes[64..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], SumOf(bytes[Summed..]));
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, out JournalState state)
    {
        state = default;
        var source = BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != SumOf(bytes[Summed..])
            || source is < 0 or > (int)LogSource.User + 1)
        {
            return false;
        }

        state = new JournalState
        {
            Last = new BatchId(BinaryPrimitives.ReadUInt128LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..])),
            Open = source == 0 ? null : ((LogSource)(source - 1), BinaryPrimitives.ReadInt64LittleEndian(bytes[40..])),
            DroppedKernel = ReadDropped(bytes[48..]),
            DroppedUser = ReadDropped(bytes[64..]),
        };
        return true;
    }

    private static void Write(DroppedRecords dropped, Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, dropped.Records);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], dropped.Bytes);
    }

    private static DroppedRecords ReadDropped(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));

    private static uint SumOf(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        return sum;
    }
}
