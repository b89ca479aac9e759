namespace VmTools.Guest.Maitred.Stopping;

/// <summary>What a broadcast does with one process.</summary>
internal enum StopDecision
{
    /// <summary>Not ours to stop: ourselves, a kernel thread, the log daemon while others still log.</summary>
    Ignore,

    /// <summary>Its own manager stops it; we only wait until it is gone.</summary>
    WaitOnly,

    SignalAndWait,
}
