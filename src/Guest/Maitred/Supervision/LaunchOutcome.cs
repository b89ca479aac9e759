using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Maitred.Supervision;

/// <summary>What became of a program that was to be started, with the exit status or signal number where it was waited for.</summary>
internal readonly record struct LaunchOutcome(LaunchState State, int Code = 0)
{
    public static LaunchOutcome Of(ExitStatus status) => status switch
    {
        { Code: { } code } => new LaunchOutcome(LaunchState.Exited, code),
        { KilledBy: { } signal } => new LaunchOutcome(LaunchState.Signaled, (int)signal),
        _ => new LaunchOutcome(LaunchState.Unknown),
    };
}

/// <summary>How far a program came; the numbers are those of the wire's ProcessStatus.</summary>
internal enum LaunchState
{
    Unknown = 0,
    Exited = 1,
    Signaled = 2,
    Launched = 3,
    Failed = 4,
}
