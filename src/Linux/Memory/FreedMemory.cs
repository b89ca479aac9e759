using System.Runtime;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Memory;

/// <summary>Memory that this process has freed and still has: the kernel gets it back when we say so, or much later.</summary>
public static class FreedMemory
{
    /// <summary>Costs some milliseconds: for once a large piece of work is done, not for every one.</summary>
    public static void GiveBack()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

        // The C library keeps what native code freed (malloc_trim(3)).
        _ = Native.TrimHeap(0);
    }
}
