using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>What becomes of crashes when the host is away, when its user wants none, when there are too many, and when they are huge.</summary>
public sealed class CrashPolicyTests(CrashPolicyTests.LargeMachine machine) : MachineTests, IClassFixture<CrashPolicyTests.LargeMachine>
{
    private const string Direct = $"echo '|{CrashMachine.Collector} --user=%P:%p:%s:%u:%g:%d:%I:%E' > /proc/sys/kernel/core_pattern";
    private const string Spool = "/run/crash_collector/spool";
    private const int Mebibyte = 1024 * 1024;

    /// <summary>With room for a heap of 1 GiB; the kernel hands cores to crash_collector alone, as it does after boot.</summary>
    public sealed class LargeMachine() : CrashMachine(nameof(CrashPolicyTests))
    {
        protected override string[] StartOptions => ["--mem", "1700"];

        protected override async Task PrepareAsync(Sandbox sandbox)
        {
            await base.PrepareAsync(sandbox);
            await sandbox.InGuestAsync(Vm, Direct);
        }
    }

    private Sandbox Sandbox => machine.Sandbox;

    /// <summary>What vmc crash consent writes.</summary>
    private string Consent => Path.Combine(Sandbox.Directory, "crash.consent");

    [Fact]
    public async Task A_heap_of_a_gibibyte_takes_little_memory_and_gives_a_small_minidump()
    {
        await Sandbox.InGuestAsync(Machine.Vm, $$"""
            mkdir -p /sys/fs/cgroup/crash
            echo +memory > /sys/fs/cgroup/cgroup.subtree_control
            printf '%s\n' '#!/bin/sh' 'echo $$ > /sys/fs/cgroup/crash/cgroup.procs' 'exec {{CrashMachine.Collector}} "$1"' > {{CrashMachine.Place}}/measured
            chmod +x {{CrashMachine.Place}}/measured
            echo '|{{CrashMachine.Place}}/measured --user=%P:%p:%s:%u:%g:%d:%I:%E' > /proc/sys/kernel/core_pattern
            """);

        var report = await CrashAsync("./crash heap 1073741824");
        var peak = await Sandbox.InGuestAsync(Machine.Vm, $"cat /sys/fs/cgroup/crash/memory.peak; {Direct}");

        Assert.Equal(("SIGSEGV", "whole"), (report["sig_name"], report["core_state"]));
        Assert.InRange(long.Parse(report["core_bytes"], null), 1073741824, 1100L * Mebibyte);
        Assert.InRange(new FileInfo(report.Dump).Length, 1000, Mebibyte);
        Assert.InRange(long.Parse(peak, null), Mebibyte, 64 * Mebibyte);
    }

    [Fact]
    public async Task A_process_that_is_killed_while_it_is_dumped_is_reported_with_what_there_was()
    {
        var report = await CrashAsync("./crash heap 1073741824 & sleep 1; until grep -q 'CoreDumping:.1' /proc/$!/status; do sleep 0.1; done; sleep 0.3; kill -9 $!; wait");

        Assert.Equal(("SIGSEGV", "truncated"), (report["sig_name"], report["core_state"]));
        Assert.NotEqual("", report["dump_problem"]);
        Assert.InRange(long.Parse(report["core_bytes"], null), 4096, 1073741824);
    }

    [Fact]
    public async Task A_crash_loop_is_reported_three_times_and_the_next_report_tells_of_the_rest()
    {
        await ForgetAsync();
        var before = Ids();

        await Sandbox.InGuestAsync(Machine.Vm, $"cd {CrashMachine.Place}; for i in 1 2 3 4 5 6 7 8; do ./crash-fixed null; done; true");
        await WaitForAsync(() => Ids().Count - before.Count >= 3);
        await Sandbox.InGuestAsync(Machine.Vm, "sed -i 's/ \\([0-9]*\\) [0-9,]*$/ \\1 /' /run/crash_collector/rate");
        var report = await CrashAsync("./crash-fixed null", "crash-fixed", forget: false);

        Assert.Equal("5", report["suppressed"]);
        Assert.Equal(4, Ids().Count - before.Count);
    }

    [Fact]
    public async Task Reports_wait_in_the_machine_while_nobody_takes_them_and_arrive_afterwards()
    {
        await ForgetAsync();
        var before = Ids();
        var cicerone = Sandbox.PidOf("vm_cicerone");
        ProcessTable.Send(cicerone, 19);

        await Sandbox.InGuestAsync(Machine.Vm, $"cd {CrashMachine.Place}; ./crash null; ./crash abort; true");
        var spooled = await Sandbox.InGuestAsync(Machine.Vm, $"ls {Spool}/*.report | wc -l");
        var stored = Ids().Count - before.Count;
        ProcessTable.Kill(cicerone);

        await WaitForAsync(() => Ids().Count - before.Count >= 2);
        Assert.Equal(("2\n", 0), (spooled, stored));
        Assert.Equal(["SIGSEGV", "SIGABRT"], CrashReport.All(Sandbox).TakeLast(2).Select(report => report["sig_name"]));
        await WaitForAsync(async () => await Sandbox.InGuestAsync(Machine.Vm, $"ls {Spool} | grep -c report; true") == "0\n");
    }

    [Fact]
    public async Task Without_consent_nothing_is_kept_anywhere()
    {
        await ForgetAsync();
        var before = Ids();
        await File.WriteAllTextAsync(Consent, "off\n", Cancel);

        await Sandbox.InGuestAsync(Machine.Vm, $"cd {CrashMachine.Place}; ./crash null; true");
        var spooled = await Sandbox.InGuestAsync(Machine.Vm, $"ls {Spool} | grep -c report; true");
        await File.WriteAllTextAsync(Consent, "on\n", Cancel);
        await CrashAsync("./crash abort");

        Assert.Equal("0\n", spooled);
        Assert.Equal(1, Ids().Count - before.Count);
    }

    [Fact]
    public async Task A_filtered_path_is_not_reported()
    {
        await Sandbox.InGuestAsync(Machine.Vm, $"echo 'filters {{ blocked_path: \"{CrashMachine.Place}/blocked\" }}' > /etc/vm_crash_filter.textproto; cd {CrashMachine.Place}; mkdir -p blocked; cp crash blocked/");
        var before = Ids();

        await Sandbox.InGuestAsync(Machine.Vm, $"cd {CrashMachine.Place}; blocked/crash null; true");
        var report = await CrashAsync("./crash null");

        Assert.Equal($"{CrashMachine.Place}/crash", report["exec_path"]);
        Assert.Equal(1, Ids().Count - before.Count);
    }

    private async Task<CrashReport> CrashAsync(string line, string program = "crash", bool forget = true)
    {
        if (forget)
        {
            await ForgetAsync();
        }

        var known = Ids();
        await Sandbox.InGuestAsync(Machine.Vm, $"cd {CrashMachine.Place}; {line}; true");
        return await CrashedProgram.ReportAsync(Sandbox, program, known);
    }

    private Task<string> ForgetAsync() => Sandbox.InGuestAsync(Machine.Vm, "rm -f /run/crash_collector/rate");

    private HashSet<string> Ids() => [.. CrashReport.All(Sandbox).Select(report => report.Id)];

    private Task WaitForAsync(Func<bool> holds) => WaitForAsync(() => Task.FromResult(holds()));

    private async Task WaitForAsync(Func<Task<bool>> holds)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(40); !await holds(); await Task.Delay(100, Cancel))
        {
            Assert.True(DateTime.UtcNow < end, $"It did not come to that.\n{Sandbox.LogText()}");
        }
    }
}
