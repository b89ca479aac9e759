using System.Diagnostics;
using Xunit;

namespace VmTools.Unit.Virtio.Fakes;

/// <summary>Counts what this process holds. Tests that count run with no other beside them.</summary>
[CollectionDefinition(nameof(FdCounting), DisableParallelization = true)]
public sealed class FdCounting
{
    private static readonly TimeSpan LateClosers = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// What is open now, by what it refers to: sockets, pipes and what else has no path. They carry their inode, so one that is new
    /// is told from an old one. Files are the runtime's: it may load an assembly at any time.
    /// </summary>
    public static Dictionary<string, int> Open()
    {
        var targets = new Dictionary<string, int>();
        foreach (var fd in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            if (TryTarget(fd) is { } target && (!target.StartsWith('/') || target.StartsWith("/memfd:guest", StringComparison.Ordinal)))
            {
                targets[target] = targets.GetValueOrDefault(target) + 1;
            }
        }

        return targets;
    }

    /// <summary>
    /// Nothing is open that was not open before. Threads that end late and objects left to the finalizer get time to let go; what an
    /// earlier test left and is closed meanwhile counts for nothing.
    /// </summary>
    public static void AssertNothingBeside(Dictionary<string, int> before)
    {
        var clock = Stopwatch.StartNew();
        var extra = Extra(before);
        while (extra.Count > 0 && clock.Elapsed < LateClosers)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(Pause);
            extra = Extra(before);
        }

        Assert.Empty(extra);
    }

    private static List<string> Extra(Dictionary<string, int> before) =>
        [.. Open().Where(now => now.Value > before.GetValueOrDefault(now.Key))
            .Select(now => $"{now.Key} x {now.Value - before.GetValueOrDefault(now.Key)}")];

    // The descriptor of the listing itself is among the entries and gone when it is looked at.
    private static string? TryTarget(string fd)
    {
        try
        {
            return new FileInfo(fd).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static int Mappings(string name) =>
        File.ReadLines("/proc/self/maps").Count(line => line.Contains($"/memfd:{name}", StringComparison.Ordinal));
}
