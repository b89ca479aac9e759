using System.Diagnostics;
using System.Text.Json;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>A syslog daemon of the host as an ordinary process with its own socket and files, ended when disposed.</summary>
internal sealed class SyslogDaemon : IDisposable
{
    private readonly Process _process;

    private SyslogDaemon(Process process) => _process = process;

    /// <summary>rsyslog at a socket, writing what it understood: facility.severity|time|tag|message.</summary>
    public static async Task<SyslogDaemon> StartRsyslogAsync(string directory, string socket, string output)
    {
        Directory.CreateDirectory(directory);
        var settings = Path.Combine(directory, "rsyslog.conf");
        await File.WriteAllTextAsync(settings, $"""
            global(workDirectory="{directory}")
            module(load="imuxsock" SysSock.Use="off")
            input(type="imuxsock" Socket="{socket}" RateLimit.Interval="0" IgnoreTimestamp="off")
            template(name="told" type="string" string="%syslogfacility-text%.%syslogseverity-text%|%timestamp%|%syslogtag%|%msg%\n")
            action(type="omfile" file="{output}" template="told")

            """);
        return await StartedAsync(Process.Start("rsyslogd", ["-n", "-f", settings, "-i", Path.Combine(directory, "pid")]), socket);
    }

    /// <summary>
    /// journald, which has its paths built in, in a mount name space in which <c>/run</c> is the directory; the socket becomes a link to
    /// its own, which lies at <c>systemd/journal/dev-log</c> there.
    /// </summary>
    public static async Task<SyslogDaemon> StartJournaldAsync(string directory, string socket)
    {
        Directory.CreateDirectory(directory);
        var settings = directory + ".conf";
        await File.WriteAllTextAsync(settings, """
            [Journal]
            Storage=volatile
            ReadKMsg=no
            Audit=no
            RateLimitIntervalSec=0
            ForwardToSyslog=no
            ForwardToConsole=no
            ForwardToWall=no

            """);
        var line = $"""
            set -e
            mount --bind {directory} /run
            mkdir -p /run/systemd/journal /run/log/journal
            mount --bind {settings} /etc/systemd/journald.conf
            exec /lib/systemd/systemd-journald
            """;
        var daemon = await StartedAsync(
            Process.Start("unshare", ["--mount", "--propagation", "private", "sh", "-c", line]), Path.Combine(
                directory, "systemd/journal/dev-log"));
        File.CreateSymbolicLink(socket, Path.Combine(directory, "systemd/journal/dev-log"));
        return daemon;
    }

    /// <summary>What journald has kept of this kind, as facility|priority|identifier|message|time.</summary>
    public static async Task<IReadOnlyList<string>> JournalAsync(string directory, string identifier)
    {
        var journal = await HostCommand.Of(
            "journalctl", $"--directory={directory}/log/journal", "--quiet", "--no-pager", "--output=json",
                $"SYSLOG_IDENTIFIER={identifier}").RunAsync();
        return
        [
            .. journal.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(entry =>
            {
                using var json = JsonDocument.Parse(entry);
                string Field(string name) => json.RootElement.GetProperty(name).GetString()!;
                return $"{Field("SYSLOG_FACILITY")}|{Field("PRIORITY")}|{Field("SYSLOG_IDENTIFIER")}|"
                    + $"{Field("MESSAGE")}|{Field("SYSLOG_TIMESTAMP").Trim()}";
            }),
        ];
    }

    /// <summary>On SIGTERM both write what they have.</summary>
    public void Dispose()
    {
        ProcessTable.Send(_process.Id, 15);
        if (!_process.WaitForExit(Speed.Scale(5)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static async Task<SyslogDaemon> StartedAsync(Process process, string socket)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(10); !File.Exists(socket); await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            Assert.True(DateTime.UtcNow < end && !process.HasExited, $"Nobody serves {socket}.");
        }

        return new SyslogDaemon(process);
    }
}
