using VmTools.Host.Instance;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>One program at a time looks for bus and daemon and starts what is missing; the others wait for it.</summary>
internal static class StartLock
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static string PathOf(HostInstance instance) => Path.Combine(instance.Directories.Runtime, "start.lock");

    public static async Task<FileLock> TakeAsync(HostInstance instance, CancellationToken cancel)
    {
        var path = PathOf(instance);
        var start = instance.Clock.GetTimestamp();
        while (instance.Clock.GetElapsedTime(start) < Limit)
        {
            if (FileLock.TryTake(path) is { } taken)
            {
                return taken;
            }

            await Task.Delay(Pause, instance.Clock, cancel);
        }

        throw new VmToolsException(
            ErrorKind.Unavailable,
            $"Another program has been starting the bus for {Limit.TotalSeconds} s and holds {path}, which names its process.");
    }
}
