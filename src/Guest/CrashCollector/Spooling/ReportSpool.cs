using System.Globalization;
using VmTools.Guest.CrashCollector.Facts;
using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Guest.CrashCollector.Spooling;

/// <summary>
/// Reports that the host has not got yet, a serialized CrashReport a file, named so that the oldest comes first. All collectors
/// of a boot share it. When it is full the oldest go, and are counted.
/// </summary>
internal sealed class ReportSpool(string directory, TimeProvider clock)
{
    public const int MaxReports = 32;
    public const long MaxBytes = 16 * 1024 * 1024;

    /// <summary>The longest report, in bytes: one with the largest minidump is shorter.</summary>
    public const int MaxReportBytes = 2 * 1024 * 1024;

    private const string Extension = ".report";
    private const string CountFile = "dropped";

    /// <summary>Adds a report, whole and renamed into place: a collector that is killed leaves a report or none.</summary>
    public async Task AddAsync(ReadOnlyMemory<byte> report, CancellationToken cancel)
    {
        if (report.Length > MaxReportBytes)
        {
            throw new ArgumentOutOfRangeException(nameof(report), report.Length, "A report is smaller than that.");
        }

        using var held = await SharedLock.TakeAsync(PathOf("spool.lock"), clock, cancel);
        RemoveHalves();
        MakeRoom(report.Length);
        var time = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var name = string.Create(CultureInfo.InvariantCulture, $"{NextNumber():D10}-{time}{Extension}");
        AtomicFile.Write(PathOf(name), report.Span, FileModes.OwnerReadsAndWrites);
    }

    /// <summary>Null where nothing is spooled.</summary>
    public SpooledReport? Oldest()
    {
        foreach (var path in Reports())
        {
            if (ProcFiles.Read(path, MaxReportBytes) is { Length: > 0 } content)
            {
                return new SpooledReport(path, content);
            }

            File.Delete(path);
        }

        return null;
    }

    public static void Remove(SpooledReport report) => File.Delete(report.Path);

    /// <summary>The host's user does not want reports: none is kept, and none is counted as lost.</summary>
    public void Clear()
    {
        foreach (var path in Reports())
        {
            File.Delete(path);
        }

        File.Delete(PathOf(CountFile));
    }

    /// <summary>Reports that were lost and not told of yet.</summary>
    public int Dropped =>
        int.TryParse(ProcFiles.ReadText(PathOf(CountFile), 16), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;

    /// <summary>Changes the count of lost reports: up when one is lost, down when the host was told.</summary>
    public async Task CountDroppedAsync(int change, CancellationToken cancel)
    {
        if (change == 0)
        {
            return;
        }

        using var held = await SharedLock.TakeAsync(PathOf("spool.lock"), clock, cancel);
        WriteDropped(Dropped + change);
    }

    private void MakeRoom(long bytes)
    {
        var files = Reports().Select(path => new FileInfo(path)).ToList();
        var total = files.Sum(file => file.Length);
        var dropped = 0;
        foreach (var file in files)
        {
            if (files.Count - dropped < MaxReports && total + bytes <= MaxBytes)
            {
                break;
            }

            total -= file.Length;
            file.Delete();
            dropped++;
        }

        if (dropped > 0)
        {
            WriteDropped(Dropped + dropped);
        }
    }

    private void WriteDropped(int count)
    {
        var text = Math.Max(0, count).ToString(CultureInfo.InvariantCulture);
        AtomicFile.Write(PathOf(CountFile), System.Text.Encoding.ASCII.GetBytes(text), FileModes.OwnerReadsAndWrites);
    }

    /// <summary>Deletes what a collector that was killed had begun to write: the collector that holds the lock writes alone.</summary>
    private void RemoveHalves()
    {
        foreach (var path in Directory.GetFiles(directory, ".*"))
        {
            File.Delete(path);
        }
    }

    private long NextNumber() =>
        Reports().LastOrDefault() is { } last
        && long.TryParse(Path.GetFileName(last).Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number + 1
            : 1;

    private string[] Reports()
    {
        var files = Directory.GetFiles(directory, $"*{Extension}");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    private string PathOf(string name) => Path.Combine(directory, name);
}

/// <summary>A report as it lies in the spool: the serialized message and the file it is in.</summary>
internal sealed record SpooledReport(string Path, byte[] Content);
