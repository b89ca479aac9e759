using System.Numerics;
using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace VmTools.Fuzz.Coverage;

/// <summary>
/// How often each branch was taken since the last clearing, as instrumented assemblies count it, and what has been seen before. A branch
/// that is taken once, twice, a few times or often counts as different (AFL's technical notes call these buckets). Without
/// instrumentation nothing is ever counted.
/// </summary>
internal sealed unsafe class BranchCoverage
{
    private const int Size = 64 * 1024;

    private readonly byte[] _seen = new byte[Size];

    public BranchCoverage()
    {
        // SAFETY: instrumented code writes at any 16-bit index for as long as the process lives, so the memory is never given back.
        Trace.SharedMem = (byte*)NativeMemory.AllocZeroed(Size);
    }

    /// <summary>How many branches were ever taken.</summary>
    public int Branches { get; private set; }

    // SAFETY: the constructor has allocated exactly so much, for good.
    private static Span<byte> Counts => new(Trace.SharedMem, Size);

    public static void Clear()
    {
        Counts.Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether some branch was taken as often as never before.</summary>
    public bool FoundNew()
    {
        var isNew = false;
        var counts = Counts;
        for (var at = 0; counts[at..].IndexOfAnyExcept((byte)0) is >= 0 and var next; at++)
        {
            at += next;
            var bucket = (byte)(1 << BitOperations.Log2(counts[at]));
            Branches += _seen[at] == 0 ? 1 : 0;
            isNew |= (_seen[at] & bucket) == 0;
            _seen[at] |= bucket;
        }

        return isNew;
    }
}
