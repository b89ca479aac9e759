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
    /// Method of <see cref="OwnInterface"/>: owner id, VM name, length (0 where it is not known) and a descriptor to read from in; out
    /// where the VM has put the file, for CreateLxdContainer's rootfs_path and the like. Ends when the caller leaves the bus.
    /// </summary>
    public const string ReceiveFileMember = "ReceiveFile";

    /// <summary>
    /// Method of <see cref="OwnInterface"/>: owner id, VM name, container, compression (empty, "zstd" or "gzip") and a descriptor to write
    /// to in; out how many bytes the archive has. Ends when the caller leaves the bus.
    /// </summary>
    public const string ExportContainerMember = "ExportContainer";

    /// <summary>
    /// Methods of <see cref="OwnInterface"/>: owner id, VM name, container and snapshot in. They answer when it is done, and end when the
    /// caller leaves the bus.
    /// </summary>
    public const string MakeSnapshotMember = "MakeSnapshot";

    public const string RestoreSnapshotMember = "RestoreSnapshot";
    public const string DeleteSnapshotMember = "DeleteSnapshot";

    /// <summary>
    /// Method of <see cref="OwnInterface"/>: owner id, VM name and container in, its snapshots as JSON out
    /// (<see cref="SnapshotReport"/>).
    /// </summary>
    public const string ListSnapshotsMember = "ListSnapshots";

    /// <summary>
    /// Method of <see cref="OwnInterface"/>: owner id, VM name, container and the copy's name in. It answers when the copy has begun;
    /// LxdContainerCreated tells how it ended.
    /// </summary>
    public const string CopyContainerMember = "CopyContainer";

    /// <summary>
    /// Signal of <see cref="OwnInterface"/> while a container is exported: owner id, VM name, container, bytes read, bytes to be read and
    /// bytes written.
    /// </summary>
    public const string ExportProgressSignal = "ExportProgress";

    /// <summary>
    /// Signal of <see cref="OwnInterface"/> when a report is stored: owner id, VM name, report id, executable, and what happened as a
    /// sentence. The last two are a guest's words, cleaned.
    /// </summary>
    public const string CrashReportedSignal = "CrashReported";
}
