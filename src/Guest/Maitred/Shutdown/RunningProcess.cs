using VmTools.Guest.Maitred.Supervision;

namespace VmTools.Guest.Maitred.Shutdown;

/// <summary>A process as the shutdown sees it.</summary>
/// <param name="Pid">Its number in our name space.</param>
/// <param name="Executable">Target of its exe link; null for a kernel thread.</param>
/// <param name="CommandLine">Its arguments as one line.</param>
/// <param name="PidNamespace">Inode of its process name space, 0 when unknown.</param>
internal sealed record RunningProcess(int Pid, string? Executable, string CommandLine, ulong PidNamespace)
{
    private static readonly string[] ContainerEngines = ["/usr/bin/lxd", "/opt/google/lxd-next/usr/bin/lxd"];

    /// <param name="self">Our own pid.</param>
    /// <param name="rootNamespace">Inode of our process name space; 0 when unknown, and then everything looks contained.</param>
    /// <param name="isFinal">The second round, which spares no program.</param>
    public StopDecision Decide(int self, ulong rootNamespace, bool isFinal)
    {
        if (Pid == 1 || Pid == self || Executable is null)
        {
            return StopDecision.Ignore;
        }

        if (isFinal)
        {
            return StopDecision.SignalAndWait;
        }

        if (rootNamespace == 0 || PidNamespace != rootNamespace)
        {
            return StopDecision.WaitOnly;
        }

        if (CommandLine == AgentPrograms.Syslog)
        {
            return StopDecision.Ignore;
        }

        return ContainerEngines.Contains(Executable) ? StopDecision.WaitOnly : StopDecision.SignalAndWait;
    }
}

/// <summary>What a broadcast does with one process.</summary>
internal enum StopDecision
{
    /// <summary>The broadcast passes it over: maitred, a kernel thread, the log daemon while others still log.</summary>
    Ignore,

    /// <summary>Its own manager stops it; we only wait until it is gone.</summary>
    WaitOnly,

    SignalAndWait,
}
