using VmTools.Linux.Libc;

namespace VmTools.Linux.ProcessControl;

/// <summary>How a process ended: by its own code or by a signal; neither where other code took the status first.</summary>
public readonly record struct ExitStatus(int? Code, Signal? KilledBy)
{
    /// <summary>What a shell adds to the number of the signal that ended a program (POSIX, Shell Command Language 2.8.2).</summary>
    public const int OfSignals = 128;

    /// <summary>The one number that a shell makes of both; null where neither is known.</summary>
    public int? ForShell => Code ?? (KilledBy is { } signal ? OfSignals + (int)signal : null);

    /// <summary>CLD_EXITED carries a code, CLD_KILLED and CLD_DUMPED a signal.</summary>
    internal static ExitStatus Of(in SignalInformation child) =>
        child.Code == SignalInformation.Exited ? new(child.Status, null) : new(null, (Signal)child.Status);

    public override string ToString() =>
        Code is { } code ? $"exit code {code}" : KilledBy is { } signal ? $"signal {signal}" : "an unknown end";
}
