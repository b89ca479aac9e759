using System.Globalization;

namespace VmTools.Bench;

/// <summary>rsyslog, started for one measurement: it takes datagrams on a Unix socket of its own and writes them to one file.</summary>
internal static class Rsyslog
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    /// <summary>How long it takes from the first datagram to the last line in the file, and its CPU seconds.</summary>
    public static async Task<(TimeSpan Took, double Cpu)> TakeAsync(BenchInstance instance, int records, CancellationToken cancel)
    {
        var (socket, file, configuration) = (
            instance.Scratch("rsyslog.sock"), instance.Scratch("rsyslog.log"), instance.Scratch("rsyslog.conf"));
        File.Delete(file);
        await File.WriteAllTextAsync(configuration, $"""
            module(load="imuxsock" SysSock.Use="off")
            input(type="imuxsock" Socket="{socket}" RateLimit.Interval="0" UseSysTimeStamp="off")
            action(type="omfile" file="{file}")

            """, cancel);
        using var daemon = instance.Tool.Start(["rsyslogd", "-n", "-f", configuration, "-i", instance.Scratch("rsyslog.pid")]);
        try
        {
            await SocketAsync(socket, cancel);
            var process = new HostProcess(daemon.Id, []);
            var before = process.CpuSeconds();
            var began = TimeProvider.System.GetTimestamp();
            await instance.Tool.RunAsync(
                ["env", $"LOG_SOCKET={socket}", instance.Built("log-peer"), "flood", "flood",
                    records.ToString(CultureInfo.InvariantCulture)], cancel);
            await new GrowingFile(() => file).UntilAsync($"flood: number {records}", cancel);
            return (TimeProvider.System.GetElapsedTime(began), process.CpuSeconds() - before);
        }
        finally
        {
            daemon.Kill();
            await daemon.WaitForExitAsync(CancellationToken.None);
            File.Delete(socket);
        }
    }

    private static async Task SocketAsync(string socket, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!File.Exists(socket))
        {
            if (TimeProvider.System.GetElapsedTime(began) > StartLimit)
            {
                throw new BenchException("rsyslogd does not open its socket.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancel);
        }
    }
}
