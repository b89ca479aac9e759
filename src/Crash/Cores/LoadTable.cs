namespace VmTools.Crash.Cores;

/// <summary>The mappings of the process that a core tells of, by address.</summary>
internal sealed class LoadTable
{
    private readonly IReadOnlyList<ProgramHeader> _loads;

    /// <summary>The kernel writes them by address: then they are not copied, which matters when there are a million.</summary>
    public LoadTable(IReadOnlyList<ProgramHeader> loads) => _loads = IsInOrder(loads) ? loads : [.. loads.OrderBy(load => load.Address)];

    public IReadOnlyList<ProgramHeader> All => _loads;

    /// <summary>The mapping that an address lies in.</summary>
    public ProgramHeader? Find(ulong address)
    {
        var at = IndexBelow(address);
        return at >= 0 && address < _loads[at].MemoryEnd ? _loads[at] : null;
    }

    /// <summary>The first mapping that begins above an address.</summary>
    public ProgramHeader? FirstAbove(ulong address)
    {
        var at = IndexBelow(address) + 1;
        return at < _loads.Count ? _loads[at] : null;
    }

    private static bool IsInOrder(IReadOnlyList<ProgramHeader> loads)
    {
        for (var index = 1; index < loads.Count; index++)
        {
            if (loads[index].Address < loads[index - 1].Address)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The last mapping that begins at the address or below; -1 when there is none.</summary>
    private int IndexBelow(ulong address)
    {
        var (low, high) = (0, _loads.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _loads[middle].Address <= address ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }
}
