using System.Globalization;

namespace VmTools.Bench;

/// <summary>
/// A core through a pipe into <c>crash_collector --convert</c>, against the same pipe into <c>cat</c>, and the converter's memory for cores
/// of several sizes. The guest's program runs on the host, with the host's loader.
/// </summary>
internal static class CrashBench
{
    private const int Rounds = 5;
    private const long MiB = 1 << 20;
    private const string Loader = "/lib64/ld-linux-x86-64.so.2";

    private static readonly long[] Sizes = [16 * MiB, 256 * MiB, 1024 * MiB];

    public static async Task<IReadOnlyList<Promise>> RunAsync(BenchInstance instance, CancellationToken cancel)
    {
        var tool = instance.Tool;
        var minidump = instance.Scratch("dmp");
        List<double> peaks = [];
        foreach (var size in Sizes)
        {
            CoreFile.Write(instance.Scratch($"core.{size}"), size);
            var peak = await tool.RunAsync(
                [instance.Built("peak"), instance.Scratch($"core.{size}"), Loader, instance.Program("vmtools-guest"), "crash_collector",
                    "--convert", "-", minidump],
                cancel);
            peaks.Add(double.Parse(peak, CultureInfo.InvariantCulture) / 1024);
        }

        var core = instance.Scratch($"core.{Sizes[^1]}");
        Samples cat = new(), converter = new();
        for (var round = 0; round < Rounds; round++)
        {
            cat.Add(await tool.TimeAsync(["sh", "-c", $"cat '{core}' | cat"], cancel));
            converter.Add(await tool.TimeAsync(
                ["sh", "-c", $"cat '{core}' | {Loader} '{instance.Program("vmtools-guest")}' crash_collector --convert - '{minidump}'"],
                    cancel));
        }

        return
        [
            Promise.AtLeast("core of 1 GiB into a minidump against `cat >/dev/null` (speed)", cat.Median / converter.Median, 0.5),
            Promise.AtMost("memory for a core of 1 GiB against one of 16 MiB", peaks[^1] / peaks[0], 1.1),
            Promise.Amount("memory for a core of 1 GiB, resident at most", peaks[^1], "MiB", 64),
            Promise.Amount("minidump of a core of 1 GiB", new FileInfo(minidump).Length / 1024.0, "KiB", 960),
        ];
    }
}
