using System.Text;
using VmTools.Guest.CrashCollector.Facts;
using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Guest.CrashCollector.Filtering;

/// <summary>The table that all collectors of this boot share, in a file and under a lock.</summary>
internal sealed class RateFile(string directory, TimeProvider clock)
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>
    /// Counts a crash and says whether it is reported. Where the lock or the file cannot be had, it is: better one report too many.
    /// </summary>
    public async Task<RateVerdict> CountAsync(string executable, CancellationToken cancel)
    {
        try
        {
            using var held = await SharedLock.TakeAsync(Path.Combine(directory, "rate.lock"), clock, cancel);
            var path = Path.Combine(directory, "rate");
            var table = RateTable.Parse(ProcFiles.ReadText(path, MaxBytes));
            var verdict = table.Count(executable, (long)(clock.GetTimestamp() * (1000.0 / clock.TimestampFrequency)));
            AtomicFile.Write(path, Encoding.ASCII.GetBytes(table.Format()), FileModes.OwnerReadsAndWrites);
            return verdict;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or TimeoutException)
        {
            return new RateVerdict(true, 0);
        }
    }
}
