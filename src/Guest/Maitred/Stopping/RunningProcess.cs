namespace VmTools.Guest.Maitred.Stopping;

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
    /// <param name="isFinal">The second round, which spares nobody.</param>
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

        if (CommandLine == "vm_syslog")
        {
            return StopDecision.Ignore;
        }

        return ContainerEngines.Contains(Executable) ? StopDecision.WaitOnly : StopDecision.SignalAndWait;
    }
}
