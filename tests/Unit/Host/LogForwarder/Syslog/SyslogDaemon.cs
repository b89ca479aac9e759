using System.Diagnostics;
using VmTools.Unit.Linux.Mounting;
using Xunit;

namespace VmTools.Unit.Host.LogForwarder.Syslog;

/// <summary>A real syslog daemon of the test's own, in a directory of the test's own, and whatever prints what it has taken.</summary>
internal sealed class SyslogDaemon : IAsyncDisposable
{
    private readonly Process _daemon;
    private readonly Process _reader;

    private SyslogDaemon(Process daemon, Process reader) => (_daemon, _reader) = (daemon, reader);

    /// <summary>rsyslogd at this socket, which prints priority, time, tag and text.</summary>
    public static async Task<SyslogDaemon> StartRsyslogAsync(string directory, string socket)
    {
        var program = OwnMounts.Find("rsyslogd");
        var configuration = Path.Combine(directory, "rsyslog.conf");
        await File.WriteAllTextAsync(configuration, $"""
            global(workDirectory="{directory}")
            module(load="imuxsock" sysSock.use="off")
            input(type="imuxsock" socket="{socket}" useSysTimeStamp="off" ignoreTimestamp="off" rateLimit.interval="0")
            template(name="line" type="string" string="%pri%|%timestamp%|%syslogtag%|%msg%\n")
            action(type="omfile" file="/dev/stdout" template="line")
            """);
        var daemon = OwnMounts.Start(program, "-n", "-f", configuration, "-i", Path.Combine(directory, "rsyslog.pid"));
        return new SyslogDaemon(daemon, daemon);
    }

    /// <summary>
    /// systemd-journald in a mount name space of its own, in which its fixed paths lead to this directory; its socket for syslog is
    /// <c>run/dev-log</c> there. Its records are printed one a line, as JSON.
    /// </summary>
    public static async Task<SyslogDaemon> StartJournaldAsync(string directory)
    {
        const string Program = "/usr/lib/systemd/systemd-journald";
        OwnMounts.Require(File.Exists(Program), "systemd-journald is not installed.");
        var (journalctl, id) = (OwnMounts.Find("journalctl"), Guid.NewGuid().ToString("N"));
        var (run, log) = (Path.Combine(directory, "run"), Path.Combine(directory, "log"));
        Directory.CreateDirectory(run);
        Directory.CreateDirectory(Path.Combine(log, id));
        await File.WriteAllTextAsync(Path.Combine(directory, "id"), id + "\n");
        await File.WriteAllTextAsync(
            Path.Combine(directory, "journald.conf"),
                "[Journal]\nStorage=volatile\nReadKMsg=no\nForwardToSyslog=no\nForwardToWall=no\nRateLimitIntervalSec=0\nAudit=no\n");
        var script = $"""
            set -e
            cd {directory}
            mount --bind id /etc/machine-id
            mount --bind . /mnt
            mount -t tmpfs none /run
            mkdir -p /run/systemd/journal /run/log/journal
            cd /mnt
            mount --bind run /run/systemd/journal
            mount --bind log /run/log/journal
            mkdir -p /run/systemd/journald.conf.d
            cp journald.conf /run/systemd/journald.conf.d/test.conf
            exec {Program}
            """;
        var daemon = OwnMounts.Start(script);
        var fields = "--output-fields=PRIORITY,SYSLOG_FACILITY,SYSLOG_TIMESTAMP,SYSLOG_IDENTIFIER,MESSAGE";
        return new SyslogDaemon(
            daemon, OwnMounts.Start(
            journalctl, "--directory", log, "--follow", "--merge", "--lines=all", "--all", "--output=json", fields, "_TRANSPORT=syslog"));
    }

    /// <summary>The next lines it prints.</summary>
    public async Task<string[]> ReadAsync(int count)
    {
        var lines = new string[count];
        for (var i = 0; i < count; i++)
        {
            lines[i] = await _reader.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)
                ?? throw new EndOfStreamException("The daemon has ended.");
        }

        return lines;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new HashSet<Process> { _daemon, _reader })
        {
            await OwnMounts.EndAsync(process);
        }
    }
}
