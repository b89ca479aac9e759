using System.Runtime.InteropServices;

namespace VmTools.Linux;

/// <summary>The one place that reads errno, decides about EINTR and turns a failed call into an exception.</summary>
internal static class Syscall
{
    /// <summary>The reason of the failed call made last on this thread.</summary>
    public static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>True where a signal cut the call short and it must be made again.</summary>
    public static bool Interrupted(long result) => result == -1 && LastError == Errno.EINTR;

    /// <summary>What a call that reports by -1 and errno said.</summary>
    public static Errno Outcome(long result) => result == -1 ? LastError : Errno.None;

    public static int Check(int result, string what, string? path = null) =>
        result == -1 ? throw new LinuxException(LastError, what, path) : result;

    public static void Check(Errno outcome, string what, string? path = null)
    {
        if (outcome != Errno.None)
        {
            throw new LinuxException(outcome, what, path);
        }
    }
}
