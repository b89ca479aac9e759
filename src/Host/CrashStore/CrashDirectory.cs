using VmTools.Host.Instance;
using VmTools.Host.Vms;

namespace VmTools.Host.CrashStore;

/// <summary>
/// The directory with the reports of one VM, <c>OWNER/crash/VM</c> below the state directory. It belongs to the VM's name, not to one run
/// of it, and outlives it. Files in it that are not named like ours are left alone.
/// </summary>
internal sealed record CrashDirectory(string Path)
{
    public const string Dump = ".dmp";
    public const string Meta = ".meta";
    public const string Tree = ".proclog";

    private const int Block = 4096;

    /// <summary>The endings of a report's files. The metadata are written last and removed first: a report without them is none.</summary>
    private static readonly string[] Extensions = [Meta, Dump, Tree];

    /// <summary>Links lead to places that are not ours.</summary>
    private static readonly EnumerationOptions NoLinks = new() { AttributesToSkip = FileAttributes.ReparsePoint };

    public static CrashDirectory Of(InstanceDirectories directories, VmId vm) =>
        new(System.IO.Path.Combine(RootOf(directories, vm.Owner), vm.Name.FileName));

    public static string RootOf(InstanceDirectories directories, OwnerId owner) =>
        System.IO.Path.Combine(directories.State, owner.Value, "crash");

    /// <summary>The directories of all VMs of all owners.</summary>
    public static IEnumerable<CrashDirectory> All(InstanceDirectories directories) =>
        Below(directories.State).SelectMany(owner => Below(System.IO.Path.Combine(owner, "crash")))
            .Select(path => new CrashDirectory(path));

    /// <summary>The whole reports of all VMs of one owner.</summary>
    public static IEnumerable<StoredReport> ReportsOf(InstanceDirectories directories, OwnerId owner) =>
        Below(RootOf(directories, owner)).SelectMany(path =>
            VmName.TryFromFileName(System.IO.Path.GetFileName(path), out var name)
                ? new CrashDirectory(path).ReportsOf(new VmId(owner, name))
                : []);

    /// <summary>The whole reports in this directory, which is the VM's.</summary>
    public IEnumerable<StoredReport> ReportsOf(VmId vm)
    {
        foreach (var report in Ours().GroupBy(found => found.Id))
        {
            if (CrashMetadata.TryRead(FileOf(report.Key, Meta)) is { } metadata)
            {
                var bytes = report.Sum(found => LengthOf(found.File));
                yield return new StoredReport(vm, report.Key, this) { Metadata = metadata, Bytes = bytes };
            }
        }
    }

    public string FileOf(CrashId id, string extension) => System.IO.Path.Combine(Path, id.Value + extension);

    /// <summary>What each report, whole or not, takes on the disk.</summary>
    public IReadOnlyList<ReportSize> Sizes() =>
    [
        .. Ours().GroupBy(found => found.Id)
            .Select(report => new ReportSize(this, report.Key, report.Sum(found => OnDisk(LengthOf(found.File))))),
    ];

    public void Remove(CrashId id)
    {
        foreach (var extension in Extensions.Where(_ => Directory.Exists(Path)))
        {
            File.Delete(FileOf(id, extension));
        }
    }

    /// <summary>Removes reports without metadata, and what was being written.</summary>
    public void RemoveUnfinished()
    {
        foreach (var report in Ours().GroupBy(found => found.Id).Where(report => report.All(found => found.File.Extension != Meta)))
        {
            Remove(report.Key);
        }

        foreach (var file in Files().Where(IsUnfinished))
        {
            file.Delete();
        }
    }

    private static bool IsUnfinished(FileInfo file) =>
        file.Name[0] == '.' && Extensions.Any(extension => file.Name.Contains(extension, StringComparison.Ordinal));

    /// <summary>A small file takes a block too, so that many of them count.</summary>
    private static long OnDisk(long bytes) => (bytes + Block - 1) / Block * Block;

    private IEnumerable<(CrashId Id, FileInfo File)> Ours()
    {
        foreach (var file in Files())
        {
            if (Extensions.Contains(file.Extension) && CrashId.TryParse(System.IO.Path.GetFileNameWithoutExtension(file.Name), out var id))
            {
                yield return (id, file);
            }
        }
    }

    /// <summary>vmc may remove a report while vm_cicerone looks at it.</summary>
    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }

    private FileInfo[] Files() => Directory.Exists(Path) ? new DirectoryInfo(Path).GetFiles("*", NoLinks) : [];

    private static string[] Below(string directory) => Directory.Exists(directory) ? Directory.GetDirectories(directory, "*", NoLinks) : [];
}

/// <summary>What the files of a report, whole or not, take on the disk.</summary>
internal readonly record struct ReportSize(CrashDirectory Directory, CrashId Id, long Bytes);
