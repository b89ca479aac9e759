namespace VmTools.Host.Bus;

/// <summary>What vm_cicerone is called on a bus.</summary>
internal static class CiceroneBus
{
    /// <summary>The program that has the name.</summary>
    public const string Program = "vm_cicerone";

    public const string Name = "org.chromium.VmCicerone";
    public const string Path = "/org/chromium/VmCicerone";
    public const string Interface = "org.chromium.VmCicerone";

    /// <summary>What this implementation adds to the original's interface.</summary>
    public const string OwnInterface = "org.vmtools.Cicerone1";

    /// <summary>
    /// Method of <see cref="OwnInterface"/>: owner id and VM name in, all its containers as JSON out, see <see cref="ContainerReport"/>.
    /// </summary>
    public const string ListContainersMember = "ListContainers";

    /// <summary>
    /// Signal of <see cref="OwnInterface"/> when a report is stored: owner id, VM name, report id, executable, and what happened as a
    /// sentence. The last two are a guest's words, cleaned.
    /// </summary>
    public const string CrashReportedSignal = "CrashReported";
}
