namespace VmTools.Guest.Tremplin;

/// <summary>The user and group ids of the VM that a container's ids from 0 to 65535 stand for; no two containers share one.</summary>
internal readonly record struct UidRange
{
    public const uint Size = 65536;

    /// <summary>How many ranges there are, and so how many containers.</summary>
    public const int MaxRanges = 100;

    private const uint Lowest = 1_000_000;

    private UidRange(uint first) => First = first;

    /// <summary>What root of the container is in the VM.</summary>
    public uint First { get; }

    /// <summary>False for a number with which no range begins.</summary>
    public static bool TryFrom(uint first, out UidRange range)
    {
        range = new UidRange(first);
        return first >= Lowest && (first - Lowest) % Size == 0 && (first - Lowest) / Size < MaxRanges;
    }

    /// <summary>The lowest range that is not taken; null where all are.</summary>
    public static UidRange? LowestFree(IEnumerable<UidRange> taken)
    {
        var firsts = taken.Select(range => range.First).ToHashSet();
        for (uint number = 0; number < MaxRanges; number++)
        {
            if (!firsts.Contains(Lowest + (number * Size)))
            {
                return new UidRange(Lowest + (number * Size));
            }
        }

        return null;
    }
}
