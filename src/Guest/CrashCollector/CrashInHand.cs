using System.Globalization;
using System.Text;
using VmTools.Guest.CrashCollector.Facts;
using VmTools.Linux;

namespace VmTools.Guest.CrashCollector;

/// <summary>
/// The crash that a collector works on, noted where the next collector finds it when this one dies of it: the kernel tells nobody how a
/// collector ended, and does not have it collected. A note is a file named after the collector; it is emptied when there is nothing to lose any
/// more, which a collector can still do after it has given up its rights.
/// </summary>
internal sealed class CrashInHand : IDisposable
{
    private const int MaxBytes = 1024;

    /// <summary>Whoever moves a note first tells of it.</summary>
    private const string Claimed = ".claimed";

    private readonly FileStream? _note;

    private CrashInHand(FileStream? note) => _note = note;

    /// <param name="directory">Of all collectors, and nobody else's.</param>
    /// <param name="what">The crash, for people.</param>
    public static CrashInHand Begin(string directory, string what)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Processes.CurrentId}-{Processes.StartTimeOf(Processes.CurrentId)}");
        try
        {
            var note = new FileStream(Path.Combine(directory, name), FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            note.Write(Encoding.UTF8.GetBytes(what));
            return new CrashInHand(note);
        }
        catch (Exception unwritten) when (unwritten is IOException or UnauthorizedAccessException)
        {
            // No room for a note is no reason to lose the crash.
            return new CrashInHand(null);
        }
    }

    /// <summary>The crashes whose collectors have died of them, each once.</summary>
    public static IReadOnlyList<string> TakeLost(string directory)
    {
        List<string> lost = [];
        foreach (var path in Directory.GetFiles(directory).Where(path => !path.EndsWith(Claimed, StringComparison.Ordinal) && !IsAlive(Path.GetFileName(path))))
        {
            if (TryTake(path) is { Length: > 0 } what)
            {
                lost.Add(what);
            }
        }

        return lost;
    }

    public void Dispose()
    {
        _note?.SetLength(0);
        _note?.Dispose();
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
            // Another collector was first, or it cannot be read: no reason to lose the crash in hand either.
            return null;
        }
    }
}
