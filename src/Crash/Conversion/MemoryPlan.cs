namespace VmTools.Crash.Conversion;

/// <summary>Which memory is kept, decided before it passes by. Pieces do not overlap and each lies in one mapping.</summary>
internal sealed class MemoryPlan(IReadOnlyList<KeptMemory> kept, IReadOnlyList<MemorySpan> stacks)
{
    public static readonly MemoryPlan Empty = new([], []);

    /// <summary>By address.</summary>
    public IReadOnlyList<KeptMemory> Kept => kept;

    /// <summary>Of each thread; empty where nothing is kept. Each lies in one of the kept pieces.</summary>
    public MemorySpan StackOf(int thread) => thread < stacks.Count ? stacks[thread] : default;

    /// <summary>Index of the first piece that begins at an address or above.</summary>
    public int FirstFrom(ulong address)
    {
        var (low, high) = (0, kept.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = kept[middle].Start < address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
