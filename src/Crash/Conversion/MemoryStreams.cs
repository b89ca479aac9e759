using System.Buffers.Binary;
using VmTools.Crash.Minidumps;

namespace VmTools.Crash.Conversion;

/// <summary>MemoryList: the pieces that were kept, by address, and where in them each thread's stack is.</summary>
internal static class MemoryStreams
{
    public static void Write(MinidumpWriter writer, MemoryPlan plan, ThreadStreams threads, int threadCount)
    {
        var kept = plan.Kept.Where(piece => piece.Filled > 0).ToList();
        var list = writer.Reserve(4 + (kept.Count * MinidumpFormat.MemorySize));
        BinaryPrimitives.WriteInt32LittleEndian(writer.At(list), kept.Count);
        var places = new MinidumpLocation[kept.Count];
        for (var index = 0; index < kept.Count; index++)
        {
            places[index] = writer.Append(kept[index].Bytes.AsSpan(0, kept[index].Filled));
            var at = writer.At(list)[(4 + (index * MinidumpFormat.MemorySize))..];
            BinaryPrimitives.WriteUInt64LittleEndian(at, kept[index].Start);
            MinidumpWriter.WriteLocation(at[8..], places[index]);
        }

        writer.AddStream(MinidumpStreamType.MemoryList, list);
        for (var thread = 0; thread < threadCount; thread++)
        {
            SetStack(thread, plan.StackOf(thread), kept, places, threads);
        }
    }

    private static void SetStack(
        int thread, MemorySpan stack, List<KeptMemory> kept, MinidumpLocation[] places, ThreadStreams threads)
    {
        var index = stack.IsEmpty ? -1 : kept.FindIndex(piece => stack.Start >= piece.Start && stack.Start < piece.End);
        if (index < 0)
        {
            return;
        }

        var into = (int)(stack.Start - kept[index].Start);
        var size = Math.Min(stack.Size, kept[index].Filled - into);
        if (size > 0)
        {
            threads.SetStack(thread, stack.Start, new MinidumpLocation(size, places[index].Rva + into));
        }
    }
}
