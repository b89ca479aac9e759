using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Linux;

namespace VmTools.Host.CrashStore;

/// <summary>
/// Takes reports into the state directory, <c>OWNER/crash/VM/ID.{dmp,proclog,meta}</c>: each file whole, the facts last, so that a
/// report is there or is not. The oldest go where a VM, or all together, have more than they may.
/// </summary>
internal sealed class CrashReports(InstanceDirectories directories, CrashLimits limits, TimeProvider clock) : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyDirectory = OwnerOnly | UnixFileMode.UserExecute;

    private readonly SemaphoreSlim _alone = new(1);

    /// <summary>The report as stored, and how many had to go for it.</summary>
    /// <exception cref="IOException">There is no room, or the directory cannot be used; nothing of the report is left.</exception>
    public async Task<(StoredReport Report, int Removed)> AddAsync(VmId vm, NewReport report, CancellationToken cancel)
    {
        await _alone.WaitAsync(cancel);
        try
        {
            var id = CrashId.New(clock.GetUtcNow());
            var meta = CrashMeta.Write(id, report);
            var places = CrashPaths.Of(directories, vm);
            var removed = Write(places, id, report, meta);
            var facts = new CrashFacts(report.Fields.Concat(report.HostFields).ToDictionary(StringComparer.Ordinal));
            return (new StoredReport(vm, id, places) { Facts = facts, Bytes = meta.Length + report.Dump.Length + report.ProcessTree.Length }, removed);
        }
        finally
        {
            _alone.Release();
        }
    }

    /// <summary>Removes what an end in the middle of a report left behind. Nobody else may write meanwhile.</summary>
    public void ClearUnfinished()
    {
        foreach (var places in CrashFiles.AllPlaces(directories))
        {
            CrashFiles.RemoveUnfinished(places);
        }
    }

    public void Dispose() => _alone.Dispose();

    private int Write(CrashPaths places, CrashId id, NewReport report, byte[] meta)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(places.Directory)!, OwnerOnlyDirectory);
        PrivateDirectory.Ensure(places.Directory, OwnerOnlyDirectory);
        try
        {
            WriteUnlessEmpty(places.FileOf(id, CrashPaths.Dump), report.Dump.Span);
            WriteUnlessEmpty(places.FileOf(id, CrashPaths.Tree), report.ProcessTree.Span);
            AtomicFile.Write(places.FileOf(id, CrashPaths.Meta), meta, OwnerOnly);

            // Not before, as a report that finds no room must not cost one that is there.
            return KeepWithinLimits(places, id);
        }
        catch
        {
            CrashFiles.Remove(places, id);
            throw;
        }
    }

    private int KeepWithinLimits(CrashPaths places, CrashId youngest)
    {
        var removed = RemoveOldest(CrashFiles.SizesOf(places), youngest, limits.MaxVmBytes);
        return removed + RemoveOldest(CrashFiles.AllPlaces(directories).SelectMany(CrashFiles.SizesOf), youngest, limits.MaxAllBytes);
    }

    private static int RemoveOldest(IEnumerable<ReportSize> reports, CrashId youngest, long most)
    {
        var all = reports.ToList();
        var total = all.Sum(report => report.Bytes);
        var removed = 0;
        foreach (var oldest in all.Where(report => report.Id != youngest).OrderBy(report => report.Id.Value, StringComparer.Ordinal).TakeWhile(_ => total > most))
        {
            CrashFiles.Remove(oldest.Places, oldest.Id);
            total -= oldest.Bytes;
            removed++;
        }

        return removed;
    }

    private static void WriteUnlessEmpty(string path, ReadOnlySpan<byte> content)
    {
        if (!content.IsEmpty)
        {
            AtomicFile.Write(path, content, OwnerOnly);
        }
    }
}
