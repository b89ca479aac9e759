using System.Globalization;

namespace VmTools.Bench;

/// <summary>
/// Logs without limits: from programs in a VM to the file, the forwarder alone against rsyslog, and how long one line takes. All of
/// them are the same numbered lines.
/// </summary>
internal static class LogBench
{
    private const int Records = 100_000;
    private const int Rounds = 5;

    public static async Task<IReadOnlyList<Promise>> RunAsync(string root, CancellationToken cancel)
    {
        await using var instance = new BenchInstance(
            root, "records_per_second = 0\nbytes_per_second = 0\nmax_file_bytes = 67108864\nmax_vm_bytes = 1073741824\n");
        await instance.WakeAsync(cancel);
        await instance.StartVmAsync(cancel);
        var forwarder = instance.Process("vmlog_forwarder");
        var through = await ThroughAsync(instance, forwarder, cancel);
        var latency = await LatencyAsync(instance, cancel);
        Samples ours = new(), rsyslogs = new(), ourCpu = new(), rsyslogsCpu = new();
        for (var round = 0; round < Rounds; round++)
        {
            using var feeder = new LogFeeder(instance);
            var before = forwarder.CpuSeconds();
            ours.Add((await feeder.FeedAsync(Records, cancel)).TotalSeconds);
            ourCpu.Add(forwarder.CpuSeconds() - before);
            var (took, cpu) = await Rsyslog.TakeAsync(instance, Records, cancel);
            rsyslogs.Add(took.TotalSeconds);
            rsyslogsCpu.Add(cpu);
        }

        await instance.StopVmAsync(cancel);
        return
        [
            .. through,
            Promise.AtLeast(
                "vmlog_forwarder alone against rsyslog on a Unix socket (records a second)", rsyslogs.Median / ours.Median, 1.0),
            Promise.Without("vmlog_forwarder alone, CPU against rsyslog's", ourCpu.Median / rsyslogsCpu.Median),
            Promise.Plain("vmlog_forwarder alone, CPU for 100,000 records", $"{ourCpu.Median:0.00} s"),
            Promise.Plain("from `logger` in a silent VM to the line in the file", $"{latency * 1000:0} ms"),
        ];
    }

    private static async Task<IReadOnlyList<Promise>> ThroughAsync(BenchInstance instance, HostProcess forwarder, CancellationToken cancel)
    {
        Samples seconds = new(), cpu = new();
        for (var round = 0; round < Rounds; round++)
        {
            var tag = $"flood{round}";
            var before = forwarder.CpuSeconds();
            var began = TimeProvider.System.GetTimestamp();
            await instance.Tool.RunAsync(
                instance.VshAsRoot("/opt/bench/log-peer", "flood", tag, Records.ToString(CultureInfo.InvariantCulture)), cancel);
            await instance.LogFile.UntilAsync($"{tag}: number {Records}", cancel);
            seconds.Add(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            cpu.Add(forwarder.CpuSeconds() - before);
        }

        return
        [
            Promise.Plain("a program's records in a VM to the file on the host", $"{Records / seconds.Median:0} a second"),
            Promise.Plain("vmlog_forwarder, CPU for 100,000 records from a VM", $"{cpu.Median:0.00} s"),
        ];
    }

    /// <summary>Seconds from the end of `logger` to its line; a record after five seconds of silence is sent at once.</summary>
    private static async Task<double> LatencyAsync(BenchInstance instance, CancellationToken cancel)
    {
        var latency = new Samples();
        for (var round = 0; round < Rounds; round++)
        {
            await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System, cancel);
            await instance.Tool.RunAsync(instance.VshAsRoot("logger", "-t", "latency", $"round {round}."), cancel);
            var began = TimeProvider.System.GetTimestamp();
            await instance.LogFile.UntilAsync($"latency: round {round}.", cancel);
            latency.Add(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
        }

        return latency.Median;
    }
}
