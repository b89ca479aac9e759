namespace VmTools.Bench;

/// <summary>
/// A VM that floods its log for a minute, with the limits that hold for everybody, and another that says a line now and then.
/// </summary>
internal static class LogFloodBench
{
    private const int Lines = 40;
    private const string Calm = "calm";

    public static async Task<IReadOnlyList<Promise>> RunAsync(string root, CancellationToken cancel)
    {
        await using var instance = new BenchInstance(root, "");
        await instance.WakeAsync(cancel);
        await instance.StartVmAsync(cancel);
        await instance.Tool.RunAsync([instance.Vmc, "start", Calm], cancel);
        var before = await LinesAsync(instance, "before", cancel);
        using var flood = instance.Tool.Start(instance.VshAsRoot("/opt/bench/log-peer", "flood", "flood", "0", "60"));
        var during = await LinesAsync(instance, "during", cancel);
        var sent = await flood.StandardOutput.ReadToEndAsync(cancel);
        await flood.WaitForExitAsync(cancel);
        var forwarder = instance.Process("vmlog_forwarder");
        await instance.Tool.RunAsync([instance.Vmc, "stop", Calm], cancel);
        await instance.StopVmAsync(cancel);
        return
        [
            Promise.Plain("a VM floods its log for 60 s: records it sent", sent.Trim()),
            Promise.Amount("its log on the disk then", instance.LogBytes() / 1048576.0, "MiB", 16),
            Promise.Amount("vmlog_forwarder at its largest", forwarder.PeakMiB(), "MiB", 64),
            Promise.AtMost(
                "another VM's lines meanwhile, p99 of the time from the command to the file against before", during / before, 2.0),
        ];
    }

    /// <summary>The 99th percentile, which of so few is the longest.</summary>
    private static async Task<double> LinesAsync(BenchInstance instance, string mark, CancellationToken cancel)
    {
        var file = instance.LogFileOf(Calm);
        var longest = 0.0;
        for (var line = 0; line < Lines; line++)
        {
            // More than is sent at once without waiting for company.
            var text = $"{mark} {line} {new string('x', 800)}.";
            // From the command on: at its end the line is often there, and a ratio of nothing to nothing says nothing.
            var began = TimeProvider.System.GetTimestamp();
            await instance.Tool.RunAsync(
                instance.VshAsRootOf(Calm, "sh", "-c", $"for i in 1 2 3 4 5 6; do logger -t calm '{text}'; done"), cancel);
            await file.UntilAsync(text, cancel);
            longest = Math.Max(longest, TimeProvider.System.GetElapsedTime(began).TotalSeconds);
        }

        return longest;
    }
}
