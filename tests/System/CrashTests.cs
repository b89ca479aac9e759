using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>
/// Programs of many kinds die in a machine in many ways: lldb finds in each minidump what it finds in the core that the kernel wrote,
/// and the report says the same.
/// </summary>
public sealed class CrashTests(CrashTests.DyingMachine machine) : MachineTests, IClassFixture<CrashTests.DyingMachine>
{
    public sealed class DyingMachine() : CrashMachine(nameof(CrashTests));

    [Theory]
    [InlineData("crash", "./crash null", "SIGSEGV")]
    [InlineData("crash", "./crash address", "SIGSEGV")]
    [InlineData("crash", "./crash abort", "SIGABRT")]
    [InlineData("crash", "./crash overflow", "SIGSEGV")]
    [InlineData("crash", "./crash instruction", "SIGILL")]
    [InlineData("crash", "./crash division", "SIGFPE")]
    [InlineData("crash", "./crash threads", "SIGSEGV")]
    [InlineData("crash-fixed", "./crash-fixed null", "SIGSEGV")]
    [InlineData("crash-static", "./crash-static threads", "SIGSEGV")]
    [InlineData("crash-stripped", "./crash-stripped abort", "SIGABRT")]
    [InlineData("crash-gone", "./crash-gone deleted", "SIGSEGV")]
    [InlineData("perl", "perl -e 'kill SEGV => $$; sleep 9'", "SIGSEGV")]
    [InlineData("python3.13", "python3 -c 'import os; os.abort()'", "SIGABRT")]
    [InlineData("vmtools-guest", "mkfifo f; " + CrashMachine.Collector + " --convert - /dev/null <f & exec 3>f; sleep 1; kill -ABRT $!; wait $!; rm f", "SIGABRT")]
    [InlineData("crash", "unshare --fork --pid --mount ./crash null", "SIGSEGV")]
    [InlineData("crash", "unshare --fork --pid --mount --user --map-root-user ./crash threads", "SIGSEGV")]
    public async Task A_debugger_sees_in_the_minidump_what_it_sees_in_the_core(string program, string line, string signal)
    {
        var crashed = await machine.CrashAsync(line, program);

        var debugger = new Debugger(machine.GuestRoot, CrashMachine.Programs);
        var core = await debugger.LookAtCoreAsync(crashed.Core, crashed.Report["exec_path"].Replace(" (deleted)", "", StringComparison.Ordinal));
        var dump = await debugger.LookAsync(crashed.Report.Dump);
        var (number, code, address) = await Debugger.SignalOfCoreAsync(crashed.Core);
        Assert.StartsWith($"signal {signal}", core.StopReason, StringComparison.Ordinal);
        Assert.StartsWith($"signal {signal}", dump.StopReason, StringComparison.Ordinal);
        Assert.Equal((signal, $"{number}", $"{code}"), (crashed.Report["sig_name"], crashed.Report["sig"], crashed.Report["sig_code"]));
        Assert.Equal(code <= 0 ? "" : $"0x{address:x}", crashed.Report["fault_address"]);
        Assert.True(dump.Threads.Count == core.Threads.Count, dump.Text);
        Assert.Equal(core.Threads.Count, crashed.Report.Number("threads"));
        Assert.True(core.Threads[0].SequenceEqual(dump.Threads[0]), $"{core.Text}\n{dump.Text}");
        Assert.Superset(core.Modules.Where(module => !IsKernels(module.Name)).Select(module => module.BuildId).ToHashSet(), dump.Modules.Select(module => module.BuildId).ToHashSet());
        Assert.All(dump.Modules, module => Assert.NotEqual("", module.BuildId));
    }

    [Fact]
    public async Task The_functions_have_their_names()
    {
        var crashed = await machine.CrashAsync("./crash null", "crash");

        var dump = await new Debugger(machine.GuestRoot, CrashMachine.Programs).LookAsync(crashed.Report.Dump);

        Assert.Equal(["crash`die_by_null", "crash`outer", "crash`main"], dump.Threads[0].Take(3));
    }

    [Fact]
    public async Task Every_thread_of_many_is_there_with_its_frames()
    {
        var crashed = await machine.CrashAsync("./crash threads", "crash");

        var dump = await new Debugger(machine.GuestRoot, CrashMachine.Programs).LookAsync(crashed.Report.Dump);

        Assert.Equal(64, dump.Threads.Count);
        Assert.Equal(63, dump.Threads.Count(frames => frames.Contains("crash`wait_for_ever")));
        Assert.NotEqual(-1, (await File.ReadAllBytesAsync(crashed.Report.Dump, Cancel)).AsSpan().IndexOf(System.Text.Encoding.Unicode.GetBytes("idle-62")));
    }

    [Fact]
    public async Task A_report_says_who_died_where_and_among_whom()
    {
        var crashed = await machine.CrashAsync("./crash null", "crash");

        var report = crashed.Report;
        Assert.Equal(
            ($"{CrashMachine.Place}/crash", "0", "0", "false", "whole", "0"),
            (report["exec_path"], report["uid"], report["gid"], report["in_container"], report["core_state"], report["suppressed"]));
        Assert.StartsWith("Debian GNU/Linux", report["vm_os_release"], StringComparison.Ordinal);
        Assert.Equal(report["pid"], report["inner_pid"]);
        var tree = await File.ReadAllTextAsync(report.Tree, Cancel);
        Assert.StartsWith($"### Process {report["pid"]}\ncmdline: ./crash null\n", tree, StringComparison.Ordinal);
        Assert.Contains("### Process 1\n", tree, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_of_the_environment_is_in_the_core_and_not_in_the_minidump()
    {
        var crashed = await machine.CrashAsync("SECRET=hunter2hunter2 ./crash null", "crash");

        var core = await File.ReadAllBytesAsync(crashed.Core, Cancel);
        var dump = await File.ReadAllBytesAsync(crashed.Report.Dump, Cancel);
        Assert.NotEqual(-1, core.AsSpan().IndexOf("hunter2"u8));
        Assert.NotEqual(-1, dump.AsSpan().IndexOf("SECRET="u8));
        Assert.Equal(-1, dump.AsSpan().IndexOf("hunter2"u8));
    }

    [Fact]
    public async Task A_process_in_other_name_spaces_has_both_its_numbers()
    {
        var crashed = await machine.CrashAsync("unshare --fork --pid --mount ./crash null", "crash");

        Assert.Equal(("1", "true"), (crashed.Report["inner_pid"], crashed.Report["in_container"]));
        Assert.NotEqual("1", crashed.Report["pid"]);
    }

    [Fact]
    public async Task The_log_has_a_line_for_each_crash()
    {
        var crashed = await machine.CrashAsync("./crash null", "crash");

        for (var end = DateTime.UtcNow + Speed.Scale(20); ; await Task.Delay(200, Cancel))
        {
            var logs = await machine.Sandbox.VmcAsync("logs", Machine.Vm, "--user", "--grep", "Received crash notification");
            if (logs.Output.Contains($"Received crash notification for crash[{crashed.Report["pid"]}] sig 11, user 0 group 0 (handling)", StringComparison.Ordinal))
            {
                return;
            }

            Assert.True(DateTime.UtcNow < end, logs.ToString());
        }
    }

    /// <summary>The kernel's own piece of each process has no file, and debuggers have several names for it.</summary>
    private static bool IsKernels(string module) => module.StartsWith("[vdso]", StringComparison.Ordinal) || module.StartsWith("linux-vdso.so.1", StringComparison.Ordinal);
}
