namespace VmTools.Guest;

/// <summary>The paths at which the programs of the guest lie in a running VM; several of the programs need them.</summary>
internal static class AgentPaths
{
    /// <summary>The agent, its links and its libraries, bound into whatever root file system the VM has.</summary>
    public const string Directory = "/opt/google/vmtools";

    /// <summary>The one executable file; its first argument says which program it becomes.</summary>
    public const string Agent = $"{Directory}/vmtools-guest";

    /// <summary>In a container without a file of the host's zone: the value of TZ for what its shell server starts.</summary>
    public const string ZoneInContainer = "/dev/.vmtools-zone";

    /// <summary>The kernel starts this link for a process that dies.</summary>
    public const string CrashCollector = $"{Directory}/crash_collector";
}
