using VmTools.Linux.Files;

namespace VmTools.Guest.CrashCollector;

/// <summary>A lock that collectors hold for moments only; a collector that has to wait longer gives up.</summary>
internal static class SharedLock
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static async Task<FileLock> TakeAsync(string path, TimeProvider clock, CancellationToken cancel)
    {
        for (var began = clock.GetTimestamp(); ; await Task.Delay(Pause, clock, cancel))
        {
            if (FileLock.TryTake(path) is { } held)
            {
                return held;
            }

            if (clock.GetElapsedTime(began) > Limit)
            {
                throw new TimeoutException($"Another collector has held {path} for {Limit.TotalSeconds} s.");
            }
        }
    }
}
