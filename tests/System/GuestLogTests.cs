using System.Globalization;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>What programs and the kernel in a VM log is in the VM's files on the host: each record once, in order.</summary>
public sealed class GuestLogTests(GuestLogTests.LoggingMachine machine) : MachineTests, IClassFixture<GuestLogTests.LoggingMachine>
{
    private const int Flood = 100_000;

    private static readonly string[] Severities = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

    /// <summary>Without limits, because the flood is to arrive whole and to stay.</summary>
    public sealed class LoggingMachine() : Machine(nameof(GuestLogTests))
    {
        protected override void Configure(Sandbox sandbox)
        {
            var settings = Path.Combine(sandbox.Directory, "logs.conf");
            File.WriteAllText(
                settings, "records_per_second = 0\nbytes_per_second = 0\nmax_file_bytes = 16777216\nmax_vm_bytes = 268435456\n");
            sandbox["VMTOOLS_LOGS_CONF"] = settings;
        }

        protected override Task PrepareAsync(Sandbox sandbox) => GuestProgram.Log.InstallAsync(sandbox, Vm);
    }

    private LogReader Logs => new(machine.Sandbox, Machine.Vm);

    [Fact]
    public async Task Every_severity_of_every_facility_arrives_as_what_it_is()
    {
        await machine.Sandbox.InGuestAsync(Machine.Vm, $"""
            for facility in auth cron daemon kern lpr mail news syslog user uucp local0 local1 local2 local3 local4 local5 local6 local7; do
              for severity in {string.Join(' ', Severities)}; do logger -p $facility.$severity -t every "said $facility as $severity"; done
            done
            """);

        var records = await Logs.ReadAsync("--user", "every: said ", 18 * Severities.Length);

        Assert.Equal(18 * Severities.Length, records.Count);
        Assert.All(records, record => Assert.EndsWith($" as {record.Severity}", record.Message, StringComparison.Ordinal));
        Assert.All(records, record => Assert.Equal(machine.Facts.Cid, record.Cid));
    }

    [Fact]
    public async Task The_kernels_log_arrives_with_its_severity_and_time()
    {
        var before = DateTimeOffset.UtcNow;
        await machine.Sandbox.InGuestAsync(Machine.Vm, "echo '<3>kernel words one' > /dev/kmsg; echo '<6>kernel words two' > /dev/kmsg");
        var after = DateTimeOffset.UtcNow;

        var records = await Logs.ReadAsync("--kernel", "kernel words ", 2);

        Assert.Equal(
            [("err", "kernel words one"), ("info", "kernel words two")], records.Select(record => (record.Severity, record.Message)));
        Assert.All(records, record => Assert.InRange(record.Time, before - Skew, after + Skew));
    }

    [Fact]
    public async Task A_line_of_odd_bytes_is_one_line_that_forges_nothing()
    {
        await machine.Sandbox.InGuestAsync(Machine.Vm, "printf 'odd \\033[31m VM(7): \\377\\300 \\r end' | logger -t strange");

        var record = Assert.Single(await Logs.ReadAsync("--user", "strange: odd ", 1));

        Assert.Equal(
            "odd #033[31m VM(7): \ufffd\ufffd #015 end", record.Message[record.Message.IndexOf("odd", StringComparison.Ordinal)..]);
    }

    [Theory]
    [InlineData("<11>plain ARROW", "err", "plain ARROW")]
    [InlineData("no priority ARROW", "notice", "no priority ARROW")]
    [InlineData("<999>out of range ARROW", "debug", "out of range ARROW")]
    [InlineData("<9999>not one ARROW", "notice", "<9999>not one ARROW")]
    [InlineData("<12>nul\\x00 ARROW", "warning", "nul#000 ARROW")]
    [InlineData("<13>two\\x0alines ARROW", "notice", "two#012lines ARROW")]
    [InlineData("<14>\\xed\\xa0\\x80\\xc0\\xaf ARROW", "info", "\ufffd\ufffd\ufffd\ufffd\ufffd ARROW")]
    [InlineData("<15>2026-11-24T00:00:00.000000Z <11>  VM(9): forged ARROW", "debug",
        "2026-11-24T00:00:00.000000Z <11>  VM(9): forged ARROW")]
    public async Task A_datagram_of_a_program_is_a_record_whatever_is_in_it(string datagram, string severity, string message)
    {
        var mark = Guid.NewGuid().ToString("N");
        await SayAsync(datagram.Replace("ARROW", mark, StringComparison.Ordinal));

        var record = Assert.Single(await Logs.ReadAsync("--user", mark, 1));

        Assert.Equal((severity, message.Replace("ARROW", mark, StringComparison.Ordinal)), (record.Severity, record.Message));
        Assert.Equal(machine.Facts.Cid, record.Cid);
    }

    [Fact]
    public async Task A_message_with_the_header_of_RFC_5424_has_that_headers_time()
    {
        var time = DateTimeOffset.UtcNow.AddMinutes(-1);
        time = time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMillisecond));
        await SayAsync(
            string.Create(CultureInfo.InvariantCulture, $"<12>1 {time:yyyy-MM-ddTHH:mm:ss.fffZ} host app 42 ID - structured words"));

        var record = Assert.Single(await Logs.ReadAsync("--user", "structured words", 1));

        Assert.Equal(("warning", time), (record.Severity, record.Time));
    }

    [Fact]
    public async Task A_long_message_is_cut_and_stays_one_line()
    {
        await SayAsync($"<13>long {new string('x', 20_000)}");

        var record = Assert.Single(await Logs.ReadAsync("--user", "^long xxx", 1));

        Assert.InRange(record.Message.Length, 8000, 8192);
    }

    [Fact]
    public async Task A_flood_arrives_once_and_in_order_though_the_forwarder_is_killed_three_times()
    {
        var flood = machine.Sandbox.InGuestAsync(Machine.Vm, $"{GuestProgram.Log.Path} flood flood {Flood}");
        for (var kill = 0; kill < 3; kill++)
        {
            var forwarder = await ForwarderAsync();
            ProcessTable.Send(forwarder, 9);
            Assert.True(await ProcessTable.HaveEndedAsync([forwarder], Speed.Scale(5)));
        }

        await flood;
        var records = await Logs.ReadToAsync("--user", "^flood: number ", $"flood: number {Flood}");

        Assert.Equal(Enumerable.Range(1, Flood), records.Select(record => record.Number));
    }

    [Fact]
    public async Task A_log_daemon_that_dies_again_and_again_makes_nobody_wait_and_comes_back()
    {
        await machine.Sandbox.InGuestAsync(Machine.Vm, $$"""
            kills=0
            while [ $kills -lt 12 ]; do
              file=$(grep -lzx 'vm_[s]yslog' /proc/[0-9]*/cmdline 2> /dev/null | head -n 1)
              pid=${file#/proc/}
              if [ -n "$file" ] && kill -KILL ${pid%/cmdline}; then kills=$((kills + 1)); fi
              sleep 0.1
            done
            timeout 20 {{GuestProgram.Log.Path}} flood unread 2000
            logger -t after 'the daemon is back'
            """);

        Assert.Single(await Logs.ReadAsync("--user", "after: the daemon is back", 1));
    }

    /// <summary>Host and guest read different clocks, and the kernel's records count from the boot.</summary>
    private static TimeSpan Skew => Speed.Scale(2);

    /// <summary>One datagram to /dev/log, in which \xHH is a byte.</summary>
    private async Task SayAsync(string datagram)
    {
        using var line = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(datagram + "\n"));
        var say = machine.Sandbox.Command("vsh", Machine.Vm, "--user=root", "--", GuestProgram.Log.Path, "raw") with { Input = line };
        var said = await say.RunAsync();
        Assert.True(said.Code == 0, said.ToString());
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
}
