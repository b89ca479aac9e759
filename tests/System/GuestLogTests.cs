using System.Text.Json;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>What programs and the kernel in a VM log is in the VM's files on the host: each record once, in order.</summary>
public sealed class GuestLogTests(GuestLogTests.LoggingMachine machine) : MachineTests, IClassFixture<GuestLogTests.LoggingMachine>
{
    private const int Flood = 30_000;

    private static readonly string[] Severities = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

    /// <summary>Without limits, because the flood is to arrive whole.</summary>
    public sealed class LoggingMachine() : Machine(nameof(GuestLogTests))
    {
        protected override void Configure(Sandbox sandbox)
        {
            var settings = Path.Combine(sandbox.Directory, "logs.conf");
            File.WriteAllText(settings, "records_per_second = 0\nbytes_per_second = 0\n");
            sandbox["VMTOOLS_LOGS_CONF"] = settings;
        }
    }

    [Fact]
    public async Task Every_severity_of_every_facility_arrives_as_what_it_is()
    {
        await machine.Sandbox.InGuestAsync(Machine.Vm, $"""
            for facility in auth cron daemon kern lpr mail news syslog user uucp local0 local1 local2 local3 local4 local5 local6 local7; do
              for severity in {string.Join(' ', Severities)}; do logger -p $facility.$severity -t every "said $facility as $severity"; done
            done
            """);

        var records = await RecordsAsync("--user", "every: said ", 18 * Severities.Length);

        Assert.Equal(18 * Severities.Length, records.Count);
        Assert.All(records, record => Assert.EndsWith($" as {record.Severity}", record.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_kernels_log_arrives_with_its_severity()
    {
        await machine.Sandbox.InGuestAsync(Machine.Vm, "echo '<3>kernel words one' > /dev/kmsg; echo '<6>kernel words two' > /dev/kmsg");

        var records = await RecordsAsync("--kernel", "kernel words ", 2);

        Assert.Equal([("err", "kernel words one"), ("info", "kernel words two")], records.Select(record => (record.Severity, record.Message)));
    }

    [Fact]
    public async Task A_line_of_odd_bytes_is_one_line_that_forges_nothing()
    {
        await machine.Sandbox.InGuestAsync(Machine.Vm, "printf 'odd \\033[31m VM(7): \\377\\300 \\r end' | logger -t strange");

        var record = Assert.Single(await RecordsAsync("--user", "strange: odd ", 1));

        Assert.Equal("odd #033[31m VM(7): \ufffd\ufffd #015 end", record.Message[record.Message.IndexOf("odd", StringComparison.Ordinal)..]);
    }

    [Fact]
    public async Task A_flood_arrives_once_and_in_order_though_the_forwarder_is_killed_three_times()
    {
        var flood = machine.Sandbox.InGuestAsync(Machine.Vm, $"seq {Flood} | logger -t flood");
        for (var kill = 0; kill < 3; kill++)
        {
            var forwarder = await ForwarderAsync();
            ProcessTable.Send(forwarder, 9);
            Assert.True(await ProcessTable.HaveEndedAsync([forwarder], Speed.Scale(5)));
        }

        await flood;
        var records = await RecordsAsync("--user", "flood: ", Flood);

        Assert.Equal(Enumerable.Range(1, Flood), records.Select(record => int.Parse(record.Message.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>Waits for the forwarder to run, as it does again soon after it was killed.</summary>
    private async Task<int> ForwarderAsync()
    {
        for (var end = DateTime.UtcNow + Speed.Scale(10); ; await Task.Delay(50, Cancel))
        {
            var found = machine.Sandbox.Processes.FirstOrDefault(pid =>
                ProcessTable.CommandLineOf(pid) is [var first, ..] && Path.GetFileName(first) == "vmlog_forwarder");
            if (found != 0)
            {
                return found;
            }

            Assert.True(DateTime.UtcNow < end, $"The forwarder is not started again.\n{machine.Sandbox.LogText()}");
        }
    }

    /// <summary>The records with this text, once there are so many.</summary>
    private async Task<IReadOnlyList<Record>> RecordsAsync(string source, string text, int count)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(60); ; await Task.Delay(200, Cancel))
        {
            var logs = await machine.Sandbox.VmcAsync("logs", Machine.Vm, source, "--grep", text, "--json");
            var records = logs.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Record.Of).ToList();
            if (records.Count >= count)
            {
                return records;
            }

            Assert.True(DateTime.UtcNow < end, $"{records.Count} of {count} records with '{text}' came.\n{machine.Sandbox.LogText()}");
        }
    }

    private sealed record Record(string Severity, string Message)
    {
        public static Record Of(string json)
        {
            using var line = JsonDocument.Parse(json);
            return new Record(line.RootElement.GetProperty("severity").GetString()!, line.RootElement.GetProperty("message").GetString()!);
        }
    }
}
