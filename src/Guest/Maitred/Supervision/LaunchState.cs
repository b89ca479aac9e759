namespace VmTools.Guest.Maitred.Supervision;

/// <summary>What became of an order; the numbers are those of the wire's ProcessStatus.</summary>
internal enum LaunchState
{
    Unknown = 0,
    Exited = 1,
    Signaled = 2,
    Launched = 3,
    Failed = 4,
}
