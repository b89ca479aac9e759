using VmTools.Linux.Libc;

namespace VmTools.Linux.Rights;

/// <summary>What becomes of a system call (seccomp(2)).</summary>
public readonly record struct SeccompAction
{
    private SeccompAction(uint value) => Value = value;

    public static SeccompAction Allow { get; } = new(Native.SeccompAllow);

    /// <summary>Ends the whole process by SIGSYS: for what only an attacker who has taken it over would call.</summary>
    public static SeccompAction Kill { get; } = new(Native.SeccompKillProcess);

    internal uint Value { get; }

    /// <summary>The call fails with this error and does nothing.</summary>
    public static SeccompAction Fail(Errno error) => new(Native.SeccompErrno | (uint)error);
}
