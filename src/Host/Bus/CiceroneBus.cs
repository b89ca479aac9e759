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
    /// Method of <see cref="OwnInterface"/>: owner id, VM name, length (0 where it is not known) and a descriptor to read from in; out where
    /// the VM has put the file, for CreateLxdContainer's rootfs_path and the like. Ends when the caller leaves the bus.
    /// </summary>
    public const string ReceiveFileMember = "ReceiveFile";

    /// <summary>
    /// Signal of <see cref="OwnInterface"/> when a report is stored: owner id, VM name, report id, executable, and what happened as a
    /// sentence. The last two are a guest's words, cleaned.
    /// </summary>
    public const string CrashReportedSignal = "CrashReported";
}
