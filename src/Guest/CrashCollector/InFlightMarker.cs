using System.Globalization;
using System.Text;
using VmTools.Guest.CrashCollector.Facts;
using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.CrashCollector;

/// <summary>
/// Marks the crash that a collector works on, where the next collector finds it when this one dies of it: the kernel does not tell how a
/// collector ended, and does not have it collected. A marker is a file named after the collector; it is emptied when there is nothing to
/// lose any more, which a collector can still do after it has given up its rights.
/// </summary>
internal sealed class InFlightMarker : IDisposable
{
    private const int MaxBytes = 1024;

    /// <summary>The collector that gives a marker this ending first tells of the loss.</summary>
    private const string Claimed = ".claimed";

    private readonly FileStream? _marker;

    private InFlightMarker(FileStream? marker) => _marker = marker;

    /// <summary>Marks a crash as this collector's, until disposed.</summary>
    /// <param name="directory">The directory of the markers; only collectors can write to it.</param>
    /// <param name="what">The crash, for people.</param>
    public static InFlightMarker Begin(string directory, string what)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Processes.CurrentId}-{Processes.StartTimeOf(Processes.CurrentId)}");
        try
        {
            const FileShare all = FileShare.ReadWrite | FileShare.Delete;
            var marker = new FileStream(Path.Combine(directory, name), FileMode.Create, FileAccess.Write, all, bufferSize: 0);
            marker.Write(Encoding.UTF8.GetBytes(what));
            return new InFlightMarker(marker);
        }
        catch (Exception unwritten) when (unwritten is IOException or UnauthorizedAccessException)
        {
            // No room for a marker is no reason to lose the crash.
            return new InFlightMarker(null);
        }
    }

    /// <summary>The crashes whose collectors have died of them, each once.</summary>
    public static IReadOnlyList<string> TakeLost(string directory)
    {
        List<string> lost = [];
        foreach (var path in Directory.GetFiles(directory))
        {
            if (!path.EndsWith(Claimed, StringComparison.Ordinal)
                && !IsAlive(Path.GetFileName(path))
                && TryTake(path) is { Length: > 0 } what)
            {
                lost.Add(what);
            }
        }

        return lost;
    }

    public void Dispose()
    {
        _marker?.SetLength(0);
        _marker?.Dispose();
    }

    private static bool IsAlive(string name) =>
        name.Split('-') is [var pid, var start]
        && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var process)
        && long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var time)
        && Processes.IsAlive(process, time);

    private static string? TryTake(string path)
    {
        try
        {
            File.Move(path, path + Claimed);
            var what = ProcFiles.ReadText(path + Claimed, MaxBytes);
            File.Delete(path + Claimed);
            return what;
        }
        catch (Exception taken) when (taken is IOException or UnauthorizedAccessException)
        {
            // Another collector was first, or it cannot be read: no reason to lose the crash that is worked on.
            return null;
        }
    }
}
