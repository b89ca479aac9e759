using VmTools.Crash.Cores;

namespace VmTools.Crash.Conversion;

/// <summary>
/// Shares the minidump's room out: first the little that every reader wants (code at the instruction pointers, what the registers of
/// the crashed thread point to, the kernel's library), then stacks, of which the crashed thread's may have half or whatever the others
/// leave.
/// </summary>
internal sealed class MemoryPlanner(CoreMachine machine, LoadTable loads, ulong secretsFrom)
{
    private const int AroundCrash = 256;
    private const int AroundOthers = 64;
    private const int BelowPointer = 128;
    private const int AbovePointer = 384;
    private const int KernelLibrary = 8192;

    /// <summary>
    /// The kernel keeps so much free below a stack (stack_guard_gap): a stack that has overflown is above the stack pointer.
    /// </summary>
    private const ulong StackGuardGap = 1024 * 1024;

    private readonly List<(ulong Load, MemorySpan Span)> _wishes = [];
    private int _wished;

    /// <summary>The most pieces that a plan has.</summary>
    public static int MostPieces(int threads) => (2 * threads) + 40;

    public MemoryPlan Plan(IReadOnlyList<CoreThread> threads, ulong kernelLibrary, int bytes, DumpBudget budget)
    {
        if (threads.Count == 0 || bytes <= 0)
        {
            return MemoryPlan.Empty;
        }

        WishSmallThings(threads, kernelLibrary, bytes / 2);
        var stacks = Stacks(threads, bytes - _wished, budget);
        foreach (var stack in stacks)
        {
            Wish(stack);
        }

        return new MemoryPlan(Union(), stacks);
    }

    private void WishSmallThings(IReadOnlyList<CoreThread> threads, ulong kernelLibrary, int limit)
    {
        WishAround(threads[0].InstructionPointer, AroundCrash, AroundCrash, limit);
        foreach (var (_, value) in threads[0].Registers)
        {
            WishAround(value, BelowPointer, AbovePointer, limit);
        }

        WishAround(kernelLibrary, 0, KernelLibrary, limit);
        foreach (var thread in threads.Skip(1))
        {
            WishAround(thread.InstructionPointer, AroundOthers, AroundOthers, limit);
        }
    }

    private void WishAround(ulong address, ulong below, ulong above, int limit)
    {
        if (loads.Find(address) is { FileSize: > 0 } load && address < load.FileEnd)
        {
            var span = new MemorySpan(
                address - Math.Min(below, address - load.Address),
                Math.Min(address + Math.Min(above, load.FileEnd - address), EndOf(load)));
            if (!span.IsEmpty && _wished + span.Size <= limit)
            {
                Wish(span);
            }
        }
    }

    private void Wish(MemorySpan span)
    {
        if (!span.IsEmpty && loads.Find(span.Start) is { } load)
        {
            _wishes.Add((load.Address, span));
            _wished += span.Size;
        }
    }

    private List<MemorySpan> Stacks(IReadOnlyList<CoreThread> threads, int bytes, DumpBudget budget)
    {
        var whole = threads.Select(thread => StackOf(thread)).ToList();
        var sizes = whole.Select((stack, index) => Math.Min(stack.Size, index == 0 ? budget.CrashedStack : budget.OtherStack)).ToArray();
        var others = sizes.Skip(1).Sum(size => (long)size);
        sizes[0] = (int)Math.Min(sizes[0], Math.Max(bytes / 2, bytes - others));
        Share(sizes.AsSpan(1), bytes - sizes[0]);
        return [.. whole.Select((stack, index) => new MemorySpan(stack.Start, stack.Start + (ulong)sizes[index]))];
    }

    /// <summary>Everybody gets the same; who needs less leaves it to the others.</summary>
    private static void Share(Span<int> sizes, int bytes)
    {
        var bySize = sizes.ToArray();
        var order = Enumerable.Range(0, bySize.Length).OrderBy(index => bySize[index]).ToArray();
        for (var place = 0; place < order.Length; place++)
        {
            var size = Math.Min(bySize[order[place]], bytes / (order.Length - place));
            sizes[order[place]] = size;
            bytes -= size;
        }
    }

    /// <summary>All that the core has of a thread's stack, from the stack pointer up.</summary>
    private MemorySpan StackOf(CoreThread thread)
    {
        var pointer = thread.StackPointer;
        var load = loads.Find(pointer);
        if (load is null && loads.FirstAbove(pointer) is { IsWritable: true } above && above.Address - pointer <= StackGuardGap)
        {
            (load, pointer) = (above, above.Address);
        }

        if (load is not { } stack || stack.FileSize == 0)
        {
            return default;
        }

        var start = pointer - Math.Min(RegisterNotes.RedZone(machine), pointer - stack.Address);
        var span = new MemorySpan(start, EndOf(stack));
        return span.IsEmpty ? default : span;
    }

    /// <summary>Arguments and environment are at the end of the first thread's stack: what the collector left out stays out.</summary>
    private ulong EndOf(ProgramHeader load) =>
        secretsFrom != 0 && secretsFrom >= load.Address && secretsFrom < load.FileEnd ? secretsFrom : load.FileEnd;

    private List<KeptMemory> Union()
    {
        var kept = new List<KeptMemory>();
        foreach (var wish in _wishes.OrderBy(wish => wish.Load).ThenBy(wish => wish.Span.Start).GroupBy(wish => wish.Load))
        {
            MemorySpan open = default;
            foreach (var (_, span) in wish)
            {
                if (open.IsEmpty || span.Start > open.End)
                {
                    Close(open, kept);
                    open = span;
                }
                else
                {
                    open = open with { End = Math.Max(open.End, span.End) };
                }
            }

            Close(open, kept);
        }

        return kept;
    }

    /// <summary>Mappings that overlap are none that can be: of their pieces the first counts.</summary>
    private static void Close(MemorySpan span, List<KeptMemory> kept)
    {
        if (!span.IsEmpty && (kept.Count == 0 || span.Start >= kept[^1].End))
        {
            kept.Add(new KeptMemory(span));
        }
    }
}
