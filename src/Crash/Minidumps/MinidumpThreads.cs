using System.Buffers.Binary;

namespace VmTools.Crash.Minidumps;

/// <summary>Puts the threads of a minidump together: the list, the contexts, the names, and the upper vector halves.</summary>
internal sealed class MinidumpThreads
{
    private const int MaxName = 64;
    private const int HalfVector = 16;

    private readonly MinidumpBytes _bytes;
    private readonly ContextLayout? _layout;
    private readonly Dictionary<uint, string> _names = [];
    private readonly Dictionary<uint, ReadOnlyMemory<byte>> _upper = [];

    public MinidumpThreads(MinidumpBytes bytes, ProcessorArchitecture architecture)
    {
        _bytes = bytes;
        _layout = Enum.IsDefined(architecture) ? ContextLayout.Of(architecture) : null;
        foreach (var record in bytes.List(MinidumpStreamType.ThreadNames, MinidumpFormat.ThreadNameSize, MinidumpFile.MaxThreads))
        {
            _names.TryAdd(Id(record), bytes.String(BinaryPrimitives.ReadUInt64LittleEndian(record.Span[4..]), MaxName));
        }

        foreach (var record in bytes.List(MinidumpStreamType.UpperVectors, MinidumpFormat.UpperVectorsSize, MinidumpFile.MaxThreads))
        {
            _upper.TryAdd(Id(record), record[4..]);
        }
    }

    public List<MinidumpThread> Read() =>
        [.. _bytes.List(MinidumpStreamType.ThreadList, MinidumpFormat.ThreadSize, MinidumpFile.MaxThreads).Select(Thread)];

    private static uint Id(ReadOnlyMemory<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record.Span);

    private MinidumpThread Thread(ReadOnlyMemory<byte> record)
    {
        var id = Id(record);
        var thread = new MinidumpThread
        {
            Id = id,
            Name = _names.GetValueOrDefault(id, ""),
            StackStart = BinaryPrimitives.ReadUInt64LittleEndian(record.Span[24..]),
            StackSize = _bytes.TryLocation(record.Span[32..], out var stack) ? stack.Size : 0,
        };
        return _layout is not null && _bytes.TryLocation(record.Span[40..], out var context) && IsContext(_bytes.At(context).Span)
            ? WithRegisters(thread, _bytes.At(context), _layout)
            : thread;
    }

    /// <summary>A context of another kind has other flags, or no room for the registers.</summary>
    private bool IsContext(ReadOnlySpan<byte> context) =>
        context.Length >= _layout!.Size && (_layout.Flags.Read(context) & _layout.AllFlags & ~0xffffUL) == (_layout.AllFlags & ~0xffffUL);

    private MinidumpThread WithRegisters(MinidumpThread thread, ReadOnlyMemory<byte> context, ContextLayout layout)
    {
        var registers = layout.Registers.Select(field => new Register(field.Name, field.Read(context.Span), field.Size * 8)).ToList();
        var upper = _upper.GetValueOrDefault(thread.Id);
        return thread with
        {
            Registers = registers,
            InstructionPointer = registers.Find(register => register.Name == layout.InstructionPointer).Value,
            StackPointer = registers.Find(register => register.Name == layout.StackPointer).Value,
            Vectors = [.. layout.Vectors.Select((name, index) => Vector(name, layout.Vector(context, index), upper, index))],
        };
    }

    private static VectorRegister Vector(string name, ReadOnlyMemory<byte> lower, ReadOnlyMemory<byte> upper, int index)
    {
        if (upper.IsEmpty || name[0] != 'x')
        {
            return new VectorRegister(name, lower);
        }

        var whole = new byte[2 * HalfVector];
        lower.CopyTo(whole);
        upper.Slice(index * HalfVector, HalfVector).CopyTo(whole.AsMemory(HalfVector));
        return new VectorRegister($"y{name[1..]}", whole);
    }
}
