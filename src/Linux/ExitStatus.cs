namespace VmTools.Linux;

/// <summary>How a process ended: by its own code or by a signal; neither where other code took the status first.</summary>
public readonly record struct ExitStatus(int? Code, Signal? KilledBy)
{
    public override string ToString() =>
        Code is { } code ? $"exit code {code}" : KilledBy is { } signal ? $"signal {signal}" : "an unknown end";
}
