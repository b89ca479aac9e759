using VmTools.Host.Instance;
using VmTools.Host.Vms;

namespace VmTools.Host.CrashStore;

/// <summary>The files of reports as they lie on the disk. Files of other names are nobody's here and are left alone.</summary>
internal static class CrashFiles
{
    private const int Block = 4096;

    /// <summary>Links lead to places that are not ours.</summary>
    private static readonly EnumerationOptions NoLinks = new() { AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>A small file takes a block too, so that many of them count.</summary>
    public static long OnDisk(long bytes) => (bytes + Block - 1) / Block * Block;

    /// <summary>The directories of all VMs of all owners.</summary>
    public static IEnumerable<CrashPaths> AllPlaces(InstanceDirectories directories) =>
        Below(directories.State).SelectMany(owner => Below(Path.Combine(owner, "crash"))).Select(directory => new CrashPaths(directory));

    public static IReadOnlyList<ReportSize> SizesOf(CrashPaths places) =>
    [
        .. Ours(places).GroupBy(found => found.Id).Select(group => new ReportSize(places, group.Key, group.Sum(found => OnDisk(LengthOf(found.File))))),
    ];

    /// <summary>The whole reports of one VM.</summary>
    public static IEnumerable<StoredReport> ReportsOf(VmId vm, CrashPaths places)
    {
        foreach (var report in Ours(places).GroupBy(found => found.Id))
        {
            if (CrashMeta.TryRead(places.FileOf(report.Key, CrashPaths.Meta)) is { } fields)
            {
                yield return new StoredReport(vm, report.Key, places) { Facts = new CrashFacts(fields), Bytes = report.Sum(found => LengthOf(found.File)) };
            }
        }
    }

    /// <summary>The reports of all VMs of one owner.</summary>
    public static IEnumerable<StoredReport> ReportsOf(InstanceDirectories directories, OwnerId owner) =>
        Below(CrashPaths.RootOf(directories, owner)).SelectMany(directory =>
            VmName.TryFromFileName(Path.GetFileName(directory), out var name) ? ReportsOf(new VmId(owner, name), new CrashPaths(directory)) : []);

    public static void Remove(CrashPaths places, CrashId id)
    {
        foreach (var extension in CrashPaths.Extensions.Where(_ => Directory.Exists(places.Directory)))
        {
            File.Delete(places.FileOf(id, extension));
        }
    }

    /// <summary>Reports without facts, and what was being written.</summary>
    public static void RemoveUnfinished(CrashPaths places)
    {
        foreach (var id in Ours(places).GroupBy(found => found.Id).Where(report => report.All(found => found.File.Extension != CrashPaths.Meta)).Select(report => report.Key))
        {
            Remove(places, id);
        }

        foreach (var file in Files(places).Where(file => file.Name[0] == '.' && CrashPaths.Extensions.Any(extension => file.Name.Contains(extension, StringComparison.Ordinal))))
        {
            file.Delete();
        }
    }

    private static IEnumerable<(CrashId Id, FileInfo File)> Ours(CrashPaths places)
    {
        foreach (var file in Files(places))
        {
            if (CrashPaths.Extensions.Contains(file.Extension) && CrashId.TryParse(Path.GetFileNameWithoutExtension(file.Name), out var id))
            {
                yield return (id, file);
            }
        }
    }

    /// <summary>Somebody may remove a report while it is looked at.</summary>
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

    private static FileInfo[] Files(CrashPaths places) =>
        Directory.Exists(places.Directory) ? new DirectoryInfo(places.Directory).GetFiles("*", NoLinks) : [];

    private static string[] Below(string directory) => Directory.Exists(directory) ? Directory.GetDirectories(directory, "*", NoLinks) : [];
}
