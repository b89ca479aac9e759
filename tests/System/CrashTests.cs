using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>
/// Programs of many kinds die in a machine in many ways: lldb finds in each minidump what it finds in the core that the kernel wrote,
/// and the report says the same.
/// </summary>
public sealed class CrashTests(CrashTests.DyingMachine machine) : MachineTests, IClassFixture<CrashTests.DyingMachine>
{
    public sealed class DyingMachine() : CrashMachine(nameof(CrashTests))
    {
        private readonly Dictionary<string, Task<Autopsy>> _autopsies = [];

        /// <summary>One death and one look at it serve all tests that ask for the same.</summary>
        internal Task<Autopsy> ExamineAsync(string program, string line) =>
            _autopsies.TryGetValue(line, out var known) ? known : _autopsies[line] = Autopsy.OfAsync(this, program, line);
    }

    /// <summary>The program that dies, the line that it dies of, and the signal.</summary>
    public static readonly TheoryData<string, string, string> Deaths = new()
    {
        { "crash", "./crash null", "SIGSEGV" },
        { "crash", "./crash address", "SIGSEGV" },
        { "crash", "./crash abort", "SIGABRT" },
        { "crash", "./crash overflow", "SIGSEGV" },
        { "crash", "./crash instruction", "SIGILL" },
        { "crash", "./crash division", "SIGFPE" },
        { "crash", "./crash threads", "SIGSEGV" },
        { "crash-fixed", "./crash-fixed null", "SIGSEGV" },
        { "crash-static", "./crash-static threads", "SIGSEGV" },
        { "crash-stripped", "./crash-stripped abort", "SIGABRT" },
        { "crash-gone", "./crash-gone deleted", "SIGSEGV" },
        { "crash32", "./crash32", "SIGSEGV" },
        { "perl", "perl -e 'kill SEGV => $$; sleep 9'", "SIGSEGV" },
        { "python3.13", "python3 -c 'import os; os.abort()'", "SIGABRT" },
        { "vmtools-guest", "mkfifo f; " + CrashMachine.Collector
            + " --convert - /dev/null <f & exec 3>f; sleep 1; kill -ABRT $!; wait $!; rm f", "SIGABRT" },
        { "crash", "unshare --fork --pid --mount ./crash null", "SIGSEGV" },
        { "crash", "unshare --fork --pid --mount --user --map-root-user ./crash threads", "SIGSEGV" },
    };

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task A_debugger_sees_in_the_minidump_what_it_sees_in_the_core(string program, string line, string signal)
    {
        var (crashed, facts, core, dump) = await machine.ExamineAsync(program, line);

        Assert.StartsWith($"signal {signal}", core.StopReason, StringComparison.Ordinal);
        Assert.StartsWith($"signal {signal}", dump.StopReason, StringComparison.Ordinal);
        Assert.Equal(
            (signal, $"{facts.Signal}", $"{facts.Code}"), (crashed.Report["sig_name"], crashed.Report["sig"], crashed.Report["sig_code"]));
        Assert.Equal(facts.HasAddress ? $"0x{facts.Address:x}" : "", crashed.Report["fault_address"]);
        Assert.True(dump.Threads.Count == core.Threads.Count, dump.Text);
        Assert.Equal(core.Threads.Count, crashed.Report.Number("threads"));
        Assert.True(core.Threads[0].SequenceEqual(dump.Threads[0]), $"{core.Text}\n{dump.Text}");
        Assert.Superset(
            core.Modules.Where(module => !module.IsKernels).Select(module => module.BuildId)
            .ToHashSet(), dump.Modules.Select(module => module.BuildId).ToHashSet());
        Assert.All(dump.Modules, module => Assert.NotEqual("", module.BuildId));
    }

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task Breakpad_reads_in_the_minidump_what_debuggers_read_in_the_core(string program, string line, string signal)
    {
        Stackwalk.SkipWhereMissing();
        var (crashed, facts, core, _) = await machine.ExamineAsync(program, line);

        var seen = await Stackwalk.LookAsync(crashed.Report.Dump);

        Assert.StartsWith(signal, seen.CrashReason, StringComparison.Ordinal);
        Assert.Equal((facts.CrashReason, facts.HasAddress ? facts.Address : 0), (seen.CrashReason, seen.CrashAddress));
        Assert.Equal(core.ThreadIds, seen.ThreadIds);
        Assert.Equal(crashed.Report["inner_pid"], $"{seen.ThreadIds[seen.CrashedThread]}");
        Assert.Equal(core.Registers.ContainsKey("rip") ? 17 : 10, seen.Registers.Count);
        Assert.All(seen.Registers, register => Assert.Equal(core.Registers[register.Key], register.Value));
        Assert.Equal(
            core.Modules.Where(module => !module.IsKernels).Select(module => (module.Start, module.DebugId)).ToHashSet(),
            seen.Modules.Where(module => !module.IsKernels).Select(module => (module.Start, module.DebugId)).ToHashSet());
        Assert.All(seen.Modules.Where(module => !module.IsKernels), module => Assert.Equal(facts.EndOf(module.Start), module.End));
        Assert.Contains(
            core.Modules, module =>
            module.IsKernels
            && seen.Modules.Any(other => other.IsKernels && (other.Start, other.DebugId) == (module.Start, module.DebugId)));
    }

    [Fact]
    public async Task The_functions_have_their_names()
    {
        var crashed = await machine.CrashAsync("./crash null", "crash");

        var dump = await new Debugger(machine.GuestRoot, CrashMachine.Programs).LookAsync(crashed.Report.Dump);

        Assert.Equal(["crash`die_by_null", "crash`outer", "crash`main"], dump.Threads[0].Take(3));
    }

    [Fact]
    public async Task A_stripped_program_has_names_by_its_debug_file()
    {
        var (_, _, _, dump) = await machine.ExamineAsync("crash-stripped", "./crash-stripped abort");

        Assert.Superset(
            new HashSet<string> { "crash-stripped`die_by_abort", "crash-stripped`outer", "crash-stripped`main" }, dump.Threads[0]
            .ToHashSet());
    }

    [Fact]
    public async Task Vmc_needs_no_more_for_the_names_than_the_debug_file()
    {
        var (crashed, _, _, _) = await machine.ExamineAsync("crash-stripped", "./crash-stripped abort");

        var shown = await machine.Sandbox.VmcAsync(
            "crash", "show", crashed.Report.Id, "--sysroot", machine.GuestRoot, "--symbols", CrashMachine.DebugFiles);

        Assert.Equal(0, shown.Code);
        Assert.Matches(@"crash-stripped\+0x[0-9a-f]+  die_by_abort\+\d+  at crash.c:\d+\n.*  outer\+\d+  at crash.c:\d+\n.*  main\+\d+  at crash.c:\d+\n", shown.Output);
    }

    [Fact]
    public async Task Every_thread_of_many_is_there_with_its_frames()
    {
        var crashed = await machine.CrashAsync("./crash threads", "crash");

        var dump = await new Debugger(machine.GuestRoot, CrashMachine.Programs).LookAsync(crashed.Report.Dump);

        Assert.Equal(64, dump.Threads.Count);
        Assert.Equal(63, dump.Threads.Count(frames => frames.Contains("crash`wait_for_ever")));
        Assert.NotEqual(
            -1, (await File.ReadAllBytesAsync(crashed.Report.Dump, Cancel)).AsSpan()
            .IndexOf(System.Text.Encoding.Unicode.GetBytes("idle-62")));
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
            if (logs.Output.Contains(
                $"Received crash notification for crash[{crashed.Report["pid"]}] sig 11, user 0 group 0 (handling)",
                StringComparison.Ordinal))
            {
                return;
            }

            Assert.True(DateTime.UtcNow < end, logs.ToString());
        }
    }
}
