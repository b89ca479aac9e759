using System.Globalization;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>What a VM logs is in the host's syslog too, where its owner wants it: as rsyslog and journald understand it.</summary>
public sealed class HostSyslogTests : MachineTests, IAsyncLifetime
{
    private static readonly string[] Severities = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

    private Sandbox _sandbox = null!;

    private string Socket => Path.Combine(_sandbox.Directory, "host.log");

    private string RsyslogOutput => Path.Combine(_sandbox.Directory, "rsyslog.out");

    private string Journal => Path.Combine(_sandbox.Directory, "journal");

    public ValueTask InitializeAsync()
    {
        _sandbox = new Sandbox(nameof(HostSyslogTests));
        var settings = Path.Combine(_sandbox.Directory, "logs.conf");
        File.WriteAllText(settings, $"syslog = true\nsyslog_socket = {Socket}\n");
        _sandbox["VMTOOLS_LOGS_CONF"] = settings;
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task Rsyslog_and_after_it_journald_get_every_record_with_its_severity_time_and_vm()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can give journald a /run of its own.");
        uint cid;
        using (await SyslogDaemon.StartRsyslogAsync(Path.Combine(_sandbox.Directory, "rsyslog"), Socket, RsyslogOutput))
        {
            cid = (await _sandbox.StartVmAsync("talker")).Cid;
            await SayAsync("first");
            await UntilAsync(async () => (await ToldAsync("first")).Count >= Severities.Length);
        }

        var told = await ToldAsync("first");
        Assert.Equal(Severities.Select(severity => $"user.{severity}|VM({cid}):|first: ä {severity}"), told.Select(line => line.Text));
        Assert.All(told, line => Assert.InRange(line.Time, DateTime.Now - TimeSpan.FromMinutes(5), DateTime.Now + TimeSpan.FromSeconds(5)));

        // Nobody is there for a while: the copies wait, the VM's file does not.
        File.Delete(Socket);
        await SayAsync("second");
        await new LogReader(_sandbox, "talker").ReadAsync("--user", "second: ", Severities.Length);
        using (await SyslogDaemon.StartJournaldAsync(Journal, Socket))
        {
            await UntilAsync(async () => (await JournalAsync(cid, "second")).Count >= Severities.Length);
        }

        var kept = await JournalAsync(cid, "second");
        Assert.Equal(
            Severities.Select((severity, number) => $"1|{number}|VM({cid})| second: ä {severity}"), kept.Select(
            line => line[..line.LastIndexOf('|')]));
        Assert.All(kept, line => Assert.InRange(
            TimeOf(line[(line.LastIndexOf('|') + 1)..]), DateTime.Now - TimeSpan.FromMinutes(5), DateTime.Now + TimeSpan.FromSeconds(5)));
    }

    private Task<string> SayAsync(string tag) =>
        _sandbox.InGuestAsync(
            "talker", $"for severity in {string.Join(' ', Severities)}; do logger -p local3.$severity -t {tag} \"ä $severity\"; done");

    private async Task<List<(string Text, DateTime Time)>> ToldAsync(string tag)
    {
        var lines = File.Exists(RsyslogOutput) ? await File.ReadAllLinesAsync(RsyslogOutput, Cancel) : [];
        return
        [
            .. lines.Select(line => line.Split('|', 4))
                .Where(fields => fields.Length == 4 && fields[3].Contains($"{tag}: ", StringComparison.Ordinal))
                .Select(fields => ($"{fields[0]}|{fields[2]}|{fields[3].Trim()}", TimeOf(fields[1]))),
        ];
    }

    private async Task<IReadOnlyList<string>> JournalAsync(uint cid, string tag) =>
        [.. (await SyslogDaemon.JournalAsync(Journal, $"VM({cid})")).Where(line => line.Contains($"{tag}: ", StringComparison.Ordinal))];

    private static DateTime TimeOf(string text) =>
        DateTime.ParseExact(text, ["MMM d HH:mm:ss", "MMM  d HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.AllowInnerWhite);

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(30); !await condition(); await Task.Delay(200, Cancel))
        {
            Assert.True(DateTime.UtcNow < end, "The host's syslog did not get it.");
        }
    }
}
