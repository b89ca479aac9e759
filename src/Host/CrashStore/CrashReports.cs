using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Host.CrashStore;

/// <summary>
/// Takes reports into the state directory, <c>OWNER/crash/VM/ID.{dmp,proclog,meta}</c>: each file whole, the metadata last, so that a
/// report is there or is not. Where the reports of a VM, or of all VMs together, take more than they may, the oldest are removed.
/// </summary>
internal sealed class CrashReports(InstanceDirectories directories, CrashLimits limits, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _alone = new(1);

    /// <summary>The report as stored, and how many were removed for it.</summary>
    /// <exception cref="IOException">There is no room, or the directory cannot be used; nothing of the report is left.</exception>
    public async Task<(StoredReport Report, int Removed)> AddAsync(VmId vm, NewReport report, CancellationToken cancel)
    {
        await _alone.WaitAsync(cancel);
        try
        {
            var id = CrashId.New(clock.GetUtcNow());
            var meta = report.Metadata.ToBytes(id, !report.Dump.IsEmpty, !report.ProcessTree.IsEmpty);
            var directory = CrashDirectory.Of(directories, vm);
            var removed = Write(directory, id, report, meta);
            var bytes = meta.Length + report.Dump.Length + report.ProcessTree.Length;
            return (new StoredReport(vm, id, directory) { Metadata = report.Metadata, Bytes = bytes }, removed);
        }
        finally
        {
            _alone.Release();
        }
    }

    /// <summary>Removes what an end in the middle of a report left behind. No other program may write meanwhile.</summary>
    public void ClearUnfinished()
    {
        foreach (var directory in CrashDirectory.All(directories))
        {
            directory.RemoveUnfinished();
        }
    }

    public void Dispose() => _alone.Dispose();

    private int Write(CrashDirectory directory, CrashId id, NewReport report, byte[] meta)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(directory.Path)!, FileModes.OwnerDoesAll);
        PrivateDirectory.Ensure(directory.Path, FileModes.OwnerDoesAll);
        try
        {
            WriteUnlessEmpty(directory.FileOf(id, CrashDirectory.Dump), report.Dump.Span);
            WriteUnlessEmpty(directory.FileOf(id, CrashDirectory.Tree), report.ProcessTree.Span);
            AtomicFile.Write(directory.FileOf(id, CrashDirectory.Meta), meta, FileModes.OwnerReadsAndWrites);

            // Not before, as a report that finds no room must not cost one that is there.
            return KeepWithinLimits(directory, id);
        }
        catch
        {
            directory.Remove(id);
            throw;
        }
    }

    private int KeepWithinLimits(CrashDirectory directory, CrashId youngest)
    {
        var removed = RemoveOldest(directory.Sizes(), youngest, limits.MaxVmBytes);
        return removed + RemoveOldest(CrashDirectory.All(directories).SelectMany(one => one.Sizes()), youngest, limits.MaxAllBytes);
    }

    private static int RemoveOldest(IEnumerable<ReportSize> reports, CrashId youngest, long most)
    {
        var all = reports.ToList();
        var total = all.Sum(report => report.Bytes);
        var removed = 0;
        var byAge = all.Where(report => report.Id != youngest).OrderBy(report => report.Id.Value, StringComparer.Ordinal);
        foreach (var oldest in byAge.TakeWhile(_ => total > most))
        {
            oldest.Directory.Remove(oldest.Id);
            total -= oldest.Bytes;
            removed++;
        }

        return removed;
    }

    private static void WriteUnlessEmpty(string path, ReadOnlySpan<byte> content)
    {
        if (!content.IsEmpty)
        {
            AtomicFile.Write(path, content, FileModes.OwnerReadsAndWrites);
        }
    }
}

/// <summary>A report before it is stored, its texts clean already.</summary>
internal sealed record NewReport
{
    public required CrashMetadata Metadata { get; init; }

    /// <summary>Empty where the guest could not make one, and for a service that failed.</summary>
    public ReadOnlyMemory<byte> Dump { get; init; }

    public ReadOnlyMemory<byte> ProcessTree { get; init; }
}
