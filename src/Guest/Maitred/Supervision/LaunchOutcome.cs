using VmTools.Linux;

namespace VmTools.Guest.Maitred.Supervision;

/// <summary>What became of an order, with the exit status or signal number where it was waited for.</summary>
internal readonly record struct LaunchOutcome(LaunchState State, int Code = 0)
{
    public static LaunchOutcome Of(ExitStatus status) => status switch
    {
        { Code: { } code } => new LaunchOutcome(LaunchState.Exited, code),
        { KilledBy: { } signal } => new LaunchOutcome(LaunchState.Signaled, (int)signal),
        _ => new LaunchOutcome(LaunchState.Unknown),
    };
}
