using System.IO.Compression;
using VmTools.Host.LogStore;
using VmTools.Linux;

namespace VmTools.Host.LogForwarder.Files;

/// <summary>
/// Keeps the older files of one VM small, few and young: compresses them, then removes what is too old, then the oldest until the
/// directory is within its limit. Files that are written to, and files that are no logs, are never touched.
/// </summary>
internal sealed class TidyLogs(LogFileLimits limits, TimeProvider clock)
{
    private const string Compressed = ".gz";
    private const string Unfinished = ".gz.tmp";

    /// <summary>
    /// A writer that could not begin a new file goes on with the one put away; only a file that has come to rest is compressed.
    /// </summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    /// <summary>False where another program holds the directory's lock, which it does for moments: the next round comes.</summary>
    /// <exception cref="IOException">A file cannot be compressed or removed; what else could be done is done.</exception>
    public async Task<bool> RunAsync(VmLogPaths paths, CancellationToken cancel)
    {
        using var alone = LogWriter.TryLock(paths.Directory);
        if (alone is null)
        {
            return false;
        }

        foreach (var unfinished in Directory.EnumerateFiles(paths.Directory, "*" + Unfinished))
        {
            if (paths.All.Any(log => IsOf(log, unfinished)))
            {
                File.Delete(unfinished);
            }
        }

        Remove(older => clock.GetUtcNow() - older.LastWriteTimeUtc > limits.KeptAge, paths);
        try
        {
            await CompressAsync(paths, cancel);
        }
        finally
        {
            var excess = Sizes(paths) - limits.MaxVmBytes;
            Remove(older => TakeOff(ref excess, older.Length), paths);
        }

        return true;
    }

    private static bool IsOf(string log, string name) => name.StartsWith(log + ".", StringComparison.Ordinal);

    private static bool TakeOff(ref long excess, long length)
    {
        var isInTheWay = excess > 0;
        excess -= isInTheWay ? length : 0;
        return isInTheWay;
    }

    private static long Sizes(VmLogPaths paths) => new DirectoryInfo(paths.Directory).EnumerateFiles().Sum(file => file.Length);

    /// <summary>Asks of each older file, the oldest first, whether it goes.</summary>
    private static void Remove(Predicate<FileInfo> goes, VmLogPaths paths)
    {
        var all = paths.All.SelectMany(RotatedFiles.OlderThan).Select(name => new FileInfo(name));
        foreach (var older in all.OrderBy(file => file.LastWriteTimeUtc))
        {
            if (goes(older))
            {
                older.Delete();
            }
        }
    }

    private async Task CompressAsync(VmLogPaths paths, CancellationToken cancel)
    {
        foreach (var name in paths.All.SelectMany(RotatedFiles.OlderThan).Where(name => !RotatedFiles.IsCompressed(name)))
        {
            var written = File.GetLastWriteTimeUtc(name);
            if (clock.GetUtcNow() - written > Rest)
            {
                await CompressAsync(name, written, cancel);
            }
        }
    }

    /// <summary>Readers find one of the two files, whole, at every moment; the time is the one of the last line.</summary>
    private static async Task CompressAsync(string name, DateTime written, CancellationToken cancel)
    {
        var unfinished = name + Unfinished;
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = FileModes.OwnerReadsAndWrites,
            };
            await using (var from = new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            await using (var to = new GZipStream(new FileStream(unfinished, options), CompressionLevel.Optimal))
            {
                await from.CopyToAsync(to, cancel);
            }

            File.SetLastWriteTimeUtc(unfinished, written);
            File.Move(unfinished, name + Compressed, overwrite: true);
            File.Delete(name);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
