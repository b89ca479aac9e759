using System.Buffers.Binary;
using VmTools.Crash.Cores;
using VmTools.Crash.Minidumps;

namespace VmTools.Crash.Conversion;

/// <summary>
/// ThreadList, ThreadNames, Exception and our own stream of upper vector halves. Registers are written before the memory passes by; where a
/// stack is in the file is filled in afterwards.
/// </summary>
internal sealed class ThreadStreams(MinidumpWriter writer, CoreMachine machine, IReadOnlyList<CoreThread> threads)
{
    private const int MaxName = 64;
    private const int SuspendCount = 0;

    private readonly ContextLayout _layout = ContextMapping.LayoutOf(machine);
    private readonly List<MinidumpLocation> _contexts = [];
    private MinidumpLocation _list;

    /// <summary>The most that one thread costs, its name and upper vector halves included.</summary>
    public static int Cost(CoreMachine machine) =>
        MinidumpFormat.ThreadSize + MinidumpWriter.Cost(ContextMapping.LayoutOf(machine).Size) + MinidumpFormat.ThreadNameSize
        + MinidumpWriter.Cost(4 + (MaxName * 2) + 2) + MinidumpFormat.UpperVectorsSize;

    public void Write(CoreSignal signal, Func<int, string> nameOf)
    {
        _list = writer.Reserve(4 + (threads.Count * MinidumpFormat.ThreadSize));
        BinaryPrimitives.WriteInt32LittleEndian(writer.At(_list), threads.Count);
        for (var index = 0; index < threads.Count; index++)
        {
            WriteThread(index);
        }

        writer.AddStream(MinidumpStreamType.ThreadList, _list);
        WriteException(signal);
        WriteNames(nameOf);
        WriteUpperVectors();
    }

    public void SetStack(int thread, ulong start, MinidumpLocation memory)
    {
        var at = Entry(thread);
        BinaryPrimitives.WriteUInt64LittleEndian(at[24..], start);
        MinidumpWriter.WriteLocation(at[32..], memory);
    }

    private Span<byte> Entry(int thread) => writer.At(_list)[(4 + (thread * MinidumpFormat.ThreadSize))..];

    private void WriteThread(int index)
    {
        var thread = threads[index];
        var context = writer.Reserve(_layout.Size);
        ContextMapping.Write(thread, _layout, writer.At(context));
        _contexts.Add(context);
        var at = Entry(index);
        BinaryPrimitives.WriteInt32LittleEndian(at, thread.Id);
        BinaryPrimitives.WriteInt32LittleEndian(at[4..], SuspendCount);
        BinaryPrimitives.WriteUInt64LittleEndian(at[16..], thread.Registers.FirstOrDefault(register => register.Name == "fs_base").Value);
        BinaryPrimitives.WriteUInt64LittleEndian(at[24..], thread.StackPointer);
        MinidumpWriter.WriteLocation(at[40..], context);
    }

    /// <summary>As Breakpad has it for Linux: the signal is the exception's code, its si_code the flags.</summary>
    private void WriteException(CoreSignal signal)
    {
        var location = writer.Reserve(MinidumpFormat.ExceptionSize);
        var at = writer.At(location);
        BinaryPrimitives.WriteInt32LittleEndian(at, threads[0].Id);
        BinaryPrimitives.WriteInt32LittleEndian(at[8..], signal.Number);
        BinaryPrimitives.WriteInt32LittleEndian(at[12..], signal.Code);
        BinaryPrimitives.WriteUInt64LittleEndian(at[24..], signal.HasAddress ? signal.Address : 0);
        MinidumpWriter.WriteLocation(at[160..], _contexts[0]);
        writer.AddStream(MinidumpStreamType.Exception, location);
    }

    private void WriteNames(Func<int, string> nameOf)
    {
        var named = threads.Select(thread => (thread.Id, Name: nameOf(thread.Id))).Where(thread => thread.Name.Length > 0).ToList();
        var location = writer.Reserve(4 + (named.Count * MinidumpFormat.ThreadNameSize));
        BinaryPrimitives.WriteInt32LittleEndian(writer.At(location), named.Count);
        for (var index = 0; index < named.Count; index++)
        {
            var place = writer.AppendString(named[index].Name[..Math.Min(named[index].Name.Length, MaxName)]);
            var at = writer.At(location)[(4 + (index * MinidumpFormat.ThreadNameSize))..];
            BinaryPrimitives.WriteInt32LittleEndian(at, named[index].Id);
            BinaryPrimitives.WriteInt64LittleEndian(at[4..], place);
        }

        writer.AddStream(MinidumpStreamType.ThreadNames, location);
    }

    private void WriteUpperVectors()
    {
        var withUpper = threads.Where(thread => thread.UpperVectors is not null).ToList();
        if (withUpper.Count == 0)
        {
            return;
        }

        var location = writer.Reserve(4 + (withUpper.Count * MinidumpFormat.UpperVectorsSize));
        var at = writer.At(location);
        BinaryPrimitives.WriteInt32LittleEndian(at, withUpper.Count);
        at = at[4..];
        foreach (var thread in withUpper)
        {
            BinaryPrimitives.WriteInt32LittleEndian(at, thread.Id);
            thread.UpperVectors.CopyTo(at[4..]);
            at = at[MinidumpFormat.UpperVectorsSize..];
        }

        writer.AddStream(MinidumpStreamType.UpperVectors, location);
    }
}
