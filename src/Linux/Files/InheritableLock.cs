using VmTools.Linux.Libc;

namespace VmTools.Linux.Files;

/// <summary>
/// A lock of a file that belongs to the open file and not to a process (flock(2)): a child that inherits the descriptor holds it too,
/// and it is free once the last of them has ended. It is let go by closing alone; unlocking aloud would take it from the heirs.
/// </summary>
public static class InheritableLock
{
    /// <summary>EAGAIN where another open file has it; another error where the file system has no such locks.</summary>
    public static Errno TryTake(FdHandle file, bool isExclusive) =>
        Syscall.Outcome(Native.Lock(file, (isExclusive ? Native.LockExclusive : Native.LockShared) | Native.LockNonBlocking));
}
