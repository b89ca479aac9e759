using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>
/// What becomes of crashes when the host is away, when its user wants none, when there are too many, and when they are huge.
/// </summary>
public sealed class CrashPolicyTests(CrashPolicyTests.LargeMachine machine) : MachineTests, IClassFixture<CrashPolicyTests.LargeMachine>
{
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

        var report = await machine.ReportAsync("./crash heap 1073741824");
        var peak = await Sandbox.InGuestAsync(Machine.Vm, $"cat /sys/fs/cgroup/crash/memory.peak; {CrashMachine.Direct}");

        Assert.Equal(("SIGSEGV", "whole"), (report["sig_name"], report["core_state"]));
        Assert.InRange(long.Parse(report["core_bytes"], null), 1073741824, 1100L * Mebibyte);
        Assert.InRange(new FileInfo(report.Dump).Length, 1000, Mebibyte);
        Assert.InRange(long.Parse(peak, null), Mebibyte, 64 * Mebibyte);
    }

    [Fact]
    public async Task A_process_that_is_killed_while_it_is_dumped_is_reported_with_what_there_was()
    {
        var report = await machine.ReportAsync(
            "./crash heap 1073741824 & sleep 1; until grep -q 'CoreDumping:.1' /proc/$!/status; do sleep 0.1; done; "
            + "sleep 0.3; kill -9 $!; wait");

        Assert.Equal(("SIGSEGV", "truncated"), (report["sig_name"], report["core_state"]));
        Assert.NotEqual("", report["dump_problem"]);
        Assert.InRange(long.Parse(report["core_bytes"], null), 4096, 1073741824);
    }

    [Fact]
    public async Task A_crash_loop_is_reported_three_times_and_the_next_report_tells_of_the_rest()
    {
        await machine.ForgetAsync();
        var before = machine.Ids();

        await machine.InPlaceAsync("for i in 1 2 3 4 5 6 7 8; do ./crash-fixed null; done; true");
        await WaitForAsync(Sandbox, () => machine.Ids().Count - before.Count >= 3);
        await Sandbox.InGuestAsync(Machine.Vm, "sed -i 's/ \\([0-9]*\\) [0-9,]*$/ \\1 /' /run/crash_collector/rate");
        var report = await machine.ReportAsync("./crash-fixed null", "crash-fixed", forget: false);

        Assert.Equal("5", report["suppressed"]);
        Assert.Equal(4, machine.Ids().Count - before.Count);
    }

    [Fact]
    public async Task Reports_wait_in_the_machine_while_nobody_takes_them_and_arrive_afterwards()
    {
        await machine.ForgetAsync();
        var before = machine.Ids();
        var cicerone = Sandbox.PidOf("vm_cicerone");
        ProcessTable.Send(cicerone, 19);

        await machine.InPlaceAsync("./crash null; ./crash abort; true");
        var spooled = await machine.SpooledAsync();
        var stored = machine.Ids().Count - before.Count;
        ProcessTable.Kill(cicerone);

        await WaitForAsync(Sandbox, () => machine.Ids().Count - before.Count >= 2);
        Assert.Equal((2, 0), (spooled, stored));
        Assert.Equal(["SIGSEGV", "SIGABRT"], CrashReport.All(Sandbox).TakeLast(2).Select(report => report["sig_name"]));
        await WaitForAsync(Sandbox, async () => await machine.SpooledAsync() == 0);
    }

    [Fact]
    public async Task Without_consent_nothing_is_kept_anywhere()
    {
        await machine.ForgetAsync();
        var before = machine.Ids();
        await File.WriteAllTextAsync(Consent, "off\n", Cancel);

        await machine.InPlaceAsync("./crash null; true");
        var spooled = await machine.SpooledAsync();
        await File.WriteAllTextAsync(Consent, "on\n", Cancel);
        await machine.ReportAsync("./crash abort");

        Assert.Equal(0, spooled);
        Assert.Equal(1, machine.Ids().Count - before.Count);
    }

    [Fact]
    public async Task A_full_disk_keeps_reports_in_the_machine_until_there_is_room()
    {
        var known = await machine.ReportAsync("./crash null");
        await using var disk = await SmallFileSystem.MountAsync(Path.GetDirectoryName(known.MetaPath)!, "2m");
        var before = await machine.ReportAsync("./crash null");
        await disk.FillAsync();
        var files = disk.Files();

        await machine.InPlaceAsync("./crash abort; true");
        await WaitForAsync(Sandbox, () => TellsOfFullDisk() > 0);
        Assert.Equal(1, await machine.SpooledAsync());
        Assert.Equal(files, disk.Files());
        disk.MakeRoom();

        await WaitForAsync(Sandbox, () => machine.Ids().Count == 2);
        Assert.Equal(["SIGSEGV", "SIGABRT"], CrashReport.All(Sandbox).Select(report => report["sig_name"]));
        Assert.Equal(before.Id, CrashReport.All(Sandbox)[0].Id);
        await WaitForAsync(Sandbox, async () => await machine.SpooledAsync() == 0);
        Assert.Equal(1, TellsOfFullDisk());
    }

    [Fact]
    public async Task A_filtered_path_is_not_reported()
    {
        await Sandbox.InGuestAsync(
            Machine.Vm, $"echo 'filters {{ blocked_path: \"{CrashMachine.Place}/blocked\" }}' > /etc/vm_crash_filter.textproto; cd "
            + $"{CrashMachine.Place}; mkdir -p blocked; cp crash blocked/");
        var before = machine.Ids();

        await machine.InPlaceAsync("blocked/crash null; true");
        var report = await machine.ReportAsync("./crash null");

        Assert.Equal($"{CrashMachine.Place}/crash", report["exec_path"]);
        Assert.Equal(1, machine.Ids().Count - before.Count);
    }

    [Fact]
    public async Task Init_has_the_kernel_hand_over_its_cores()
    {
        const string Settings = "/proc/sys/kernel/core_pipe_limit /proc/sys/kernel/core_pattern";
        await Sandbox.InGuestAsync(Machine.Vm, "echo 0 > /proc/sys/kernel/core_pipe_limit; echo core > /proc/sys/kernel/core_pattern");

        var refused = await Sandbox.InGuestAsync(
            Machine.Vm, $"setpriv --reuid=crash --clear-groups --inh-caps=-all {CrashMachine.Collector} --init 2>&1; echo $?; cat "
            + $"{Settings}");
        var settings = await Sandbox.InGuestAsync(Machine.Vm, $"{CrashMachine.Collector} --init; cat {Settings}");
        var report = await machine.ReportAsync("./crash null");

        Assert.Matches(
            "^crash_collector: the kernel does not hand over core dumps: .*; run it as root, outside of containers\n1\n0\ncore\n$",
            refused);
        Assert.Equal($"4\n|{CrashMachine.Collector} --user=%P:%p:%s:%u:%g:%d:%I:%E\n", settings);
        Assert.Equal("SIGSEGV", report["sig_name"]);
    }

    private int TellsOfFullDisk() =>
        Sandbox.LogText().Split('\n')
        .Count(line => line.Contains("No space left on device (ENOSPC). The VM keeps it", StringComparison.Ordinal));
}
