using System.Globalization;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>
/// Many programs that die at once, and a collector that dies itself: each crash is reported or told of as lost, and nothing hangs.
/// </summary>
public sealed class CrashBurstTests(CrashBurstTests.BurstMachine machine) : MachineTests, IClassFixture<CrashBurstTests.BurstMachine>
{
    /// <summary>What crash_collector sets as core_pipe_limit.</summary>
    private const int AtOnce = 4;

    /// <summary>In it a core is taken when the file "go" is there.</summary>
    public sealed class BurstMachine() : CrashMachine(nameof(CrashBurstTests))
    {
        public const string Held = $"echo '|{Place}/hold --user=%P:%p:%s:%u:%g:%d:%I:%E' > /proc/sys/kernel/core_pattern";

        protected override async Task PrepareAsync(Sandbox sandbox)
        {
            await base.PrepareAsync(sandbox);
            await sandbox.InGuestAsync(Vm, $$"""
                {{Direct}}
                cd {{Place}}
                for number in 1 2 3 4 5 6 7 8; do cp crash burst-$number; done
                printf '%s\n' '#!/bin/sh' 'until [ -e {{Place}}/go ]; do sleep 0.1; done' 'exec {{Collector}} "$1"' > hold
                chmod +x hold
                """);
        }
    }

    private Sandbox Sandbox => machine.Sandbox;

    private LogReader Logs => new(Sandbox, Machine.Vm);

    [Fact]
    public async Task Four_that_die_at_once_are_four_reports()
    {
        var reports = await BurstAsync(Burst(AtOnce), AtOnce);

        Assert.All(reports, report => Assert.Equal(("SIGSEGV", "whole"), (report["sig_name"], report["core_state"])));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task More_than_the_kernel_hands_over_at_once_are_told_of_in_its_log()
    {
        var line = $"rm -f go; {BurstMachine.Held}; ({Burst(8)}) & until [ $(dmesg | grep -c 'burst-.*over core_pipe_limit') = 4 ]; do "
            + $"sleep 0.1; done; touch go; wait; {CrashMachine.Direct}";

        var reports = await BurstAsync(line, AtOnce);
        var told = await Logs.ReadAsync("--kernel", "burst-[0-9].*over core_pipe_limit", AtOnce);

        Assert.Equal(
            Enumerable.Range(1, 8).Select(number => $"burst-{number}"),
            reports.Select(report => report["exec_name"]).Concat(told.Select(record => NameIn(record.Message)))
                .Order(StringComparer.Ordinal));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_collector_that_dies_costs_its_crash_and_the_next_report_tells_of_it()
    {
        await machine.ForgetAsync();

        // The runtime takes the first of these signals for a fault of its own, which would come again at once, and goes on.
        var died = await machine.InPlaceAsync("""
            ./crash heap 402653184 & dying=$!
            until pid=$(pgrep -u crash crash_collector); do sleep 0.1; done
            while kill -SEGV $pid 2> /dev/null; do sleep 0.1; done
            wait $dying
            echo $dying
            """);

        var next = await machine.ReportAsync("./crash abort");

        Assert.Equal(("SIGABRT", "1"), (next["sig_name"], next["dropped"]));
        var lost = Assert.Single(await Logs.ReadAsync("--user", "crash_collector.*is lost", 1));
        Assert.Contains($"the crash of crash[{died.Trim()}] is lost", lost.Message, StringComparison.Ordinal);
        await NothingIsLeftAsync();
        Assert.Equal("", (await machine.ReportAsync("./crash abort"))["dropped"]);
    }

    /// <summary>So many programs of different names die at once.</summary>
    private static string Burst(int count) => string.Create(
        CultureInfo.InvariantCulture,
            $"rm -f /run/crash_collector/rate; for number in $(seq {count}); do ./burst-$number heap 1048576 & done; wait");

    /// <summary>The reports of the programs that die of this line.</summary>
    private async Task<IReadOnlyList<CrashReport>> BurstAsync(string line, int expected)
    {
        var known = machine.Ids();
        await machine.InPlaceAsync(line);
        await WaitForAsync(Sandbox, () => machine.Ids().Count - known.Count >= expected);
        return [.. CrashReport.All(Sandbox).Where(report => !known.Contains(report.Id))];
    }

    /// <summary>No collector, dead or alive, no program that still waits for one, and nothing that was not sent.</summary>
    private async Task NothingIsLeftAsync()
    {
        await WaitForAsync(Sandbox, async () => await Sandbox.InGuestAsync(Machine.Vm, "pgrep 'crash|burst|hold' | wc -l") == "0\n");
        Assert.Equal(0, await machine.SpooledAsync());
    }

    private static string NameIn(string kernelLine) =>
        kernelLine[kernelLine.IndexOf("burst-", StringComparison.Ordinal)..][.."burst-N".Length];
}
