namespace VmTools.Crash.Cores;

/// <summary>The mappings of the process that a core tells of, by address.</summary>
internal sealed class LoadTable
{
    private readonly ProgramHeader[] _loads;

    public LoadTable(IEnumerable<ProgramHeader> loads) => _loads = [.. loads.OrderBy(load => load.Address)];

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
        return at < _loads.Length ? _loads[at] : null;
    }

    /// <summary>The last mapping that begins at the address or below; -1 when there is none.</summary>
    private int IndexBelow(ulong address)
    {
        var (low, high) = (0, _loads.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _loads[middle].Address <= address ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }
}
