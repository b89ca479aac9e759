using VmTools.Linux.Libc;

namespace VmTools.Linux.Rights;

/// <summary>What this process and its children may use (setrlimit(2)). Raising a hard limit needs root.</summary>
public static class Limits
{
    public const ulong Unlimited = ulong.MaxValue;

    public static void SetOpenFiles(ulong soft, ulong hard) => Set(Native.ResourceOpenFiles, soft, hard, "RLIMIT_NOFILE");

    public static void SetLockedMemory(ulong soft, ulong hard) => Set(Native.ResourceLockedMemory, soft, hard, "RLIMIT_MEMLOCK");

    /// <summary>Processes and threads of our user together.</summary>
    public static void SetProcesses(ulong soft, ulong hard) => Set(Native.ResourceProcesses, soft, hard, "RLIMIT_NPROC");

    private static unsafe void Set(int resource, ulong soft, ulong hard, string name)
    {
        // SAFETY: struct rlimit is two unsigned longs on 64-bit Linux.
        var limits = stackalloc ulong[2];
        limits[0] = soft;
        limits[1] = hard;
        Syscall.Check(Native.SetLimit(resource, limits), $"setrlimit {name}");
    }
}
