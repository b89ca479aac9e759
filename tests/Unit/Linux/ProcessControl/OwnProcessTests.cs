using System.Collections.Concurrent;
using System.Globalization;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Libc;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Rights;
using Xunit;

namespace VmTools.Unit.Linux.ProcessControl;

/// <summary>
/// What would disturb the other tests in one process: being a subreaper, giving up privileges. Each runs in a process of its
/// own (<see cref="OwnProcess"/>).
/// </summary>
public sealed class OwnProcessTests
{
    private const int Count = 100;

    /// <summary>What may end or stop a daemon: requests, its own faults, job control, and a limit on its processor time.</summary>
    private static readonly Signal[] EndOrFault =
    [
        Signal.Int, Signal.Quit, Signal.Term, Signal.Kill, Signal.Stop, Signal.Tstp, Signal.Ttin, Signal.Ttou, Signal.Xcpu,
        Signal.Ill, Signal.Trap, Signal.Abrt, Signal.Bus, Signal.Fpe, Signal.Segv, Signal.Sys,
    ];

    [Fact(Timeout = 30_000)]
    public Task Init_reaps_its_children_and_every_orphan_and_sleeps_while_nothing_ends() =>
        OwnProcess.RunAsync(InitReapsAllAsync, TestContext.Current.CancellationToken);

    [Fact(Timeout = 30_000)]
    public Task Init_finds_those_that_ended_before_it_looked() =>
        OwnProcess.RunAsync(InitFindsTheDeadAsync, TestContext.Current.CancellationToken);

    [Fact(Timeout = 30_000)]
    public Task A_hardened_process_has_no_new_privileges_and_cannot_be_dumped() =>
        OwnProcess.RunAsync(HardenedAsync, TestContext.Current.CancellationToken);

    [Fact(Timeout = 30_000)]
    public Task Exits_are_told_even_where_the_parent_left_them_ignored() =>
        OwnProcess.RunAsync(ExitsAreToldAsync, TestContext.Current.CancellationToken);

    [Fact(Timeout = 30_000)]
    public Task A_daemon_outlives_every_signal_but_those_that_ask_for_its_end() =>
        OwnProcess.RunAsync(OutlivesSignalsAsync, TestContext.Current.CancellationToken);

    private static Task OutlivesSignalsAsync()
    {
        SignalDispositions.IgnoreAllButEnd();

        foreach (var signal in Enum.GetValues<Signal>().Except(EndOrFault))
        {
            Assert.Equal(Errno.None, Processes.Signal(Environment.ProcessId, signal));
        }

        return Task.CompletedTask;
    }

    private static async Task InitReapsAllAsync()
    {
        var orphans = new BlockingCollection<ExitStatus>();
        Syscall.Check(Native.ProcessControl(Native.ProcessSetSubreaper, 1, 0, 0, 0), "prctl");
        await using var reaper = Reaper.ForInit((_, status) => orphans.Add(status, TestContext.Current.CancellationToken));

        // Each leaves a grandchild behind that ends with 5 once its own parent has gone: its read then finds the pipe closed.
        var (read, write) = Pipe.Create();
        var request = new SpawnRequest("/bin/sh", ["sh", "-c", "(read line; exit 5) <&3 & exit 3"]) { PassFds = [read] };
        var children = Enumerable.Range(0, Count).Select(_ => ChildProcess.Spawn(request, reaper)).ToList();
        var codes = await Task.WhenAll(children.Select(child => child.Exited)).WaitAsync(TestContext.Current.CancellationToken);
        write.Dispose();
        var ends = Enumerable.Range(0, Count).Select(_ => orphans.Take(TestContext.Current.CancellationToken)).ToList();

        Assert.All(codes, status => Assert.Equal(3, status.Code));
        Assert.All(ends, status => Assert.Equal(5, status.Code));
        Assert.Equal(Errno.ECHILD, AnyChildLeft());
        Assert.Equal(0, await WakeUpsWhileIdleAsync());
        read.Dispose();
    }

    private static async Task InitFindsTheDeadAsync()
    {
        List<int> dead = [];
        await using (var before = Reaper.ForChildren())
        {
            // Disposed before they end, so that nobody reaps them.
            var (read, write) = Pipe.Create();
            var request = new SpawnRequest("/bin/sh", ["sh", "-c", "read line; exit 6"]) { StandardInput = read };
            dead.AddRange(Enumerable.Range(0, 20).Select(_ => ChildProcess.Spawn(request, before).Pid));
            await before.DisposeAsync();
            write.Dispose();
            read.Dispose();
        }

        while (dead.Any(pid => Processes.IsAlive(pid, Processes.StartTimeOf(pid)!.Value)))
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        var orphans = new BlockingCollection<(int Pid, ExitStatus Status)>();
        await using var reaper = Reaper.ForInit((pid, status) => orphans.Add((pid, status), TestContext.Current.CancellationToken));
        var found = dead.Select(_ => orphans.Take(TestContext.Current.CancellationToken)).ToList();

        Assert.Equal(dead.Order(), found.Select(each => each.Pid).Order());
        Assert.All(found, each => Assert.Equal(6, each.Status.Code));
    }

    private static Task HardenedAsync()
    {
        Hardening.NoNewPrivileges();
        Hardening.OomScoreAdjust(300);

        Assert.All(
            Directory.GetDirectories("/proc/self/task"),
            task => Assert.Contains("NoNewPrivs:\t1", File.ReadAllLines(task + "/status")));
        Assert.Equal("300\n", File.ReadAllText("/proc/self/oom_score_adj"));

        Hardening.NoCoreDumps();

        const int GetDumpable = 3;
        Assert.Equal(0, Native.ProcessControl(GetDumpable, 0, 0, 0, 0));
        return Task.CompletedTask;
    }

    private static async Task ExitsAreToldAsync()
    {
        _ = Native.SetSignalHandler((int)Signal.Chld, Native.SignalIgnore);
        await using var reaper = Reaper.ForChildren();

        var child = ChildProcess.Spawn(new SpawnRequest("/bin/sh", ["sh", "-c", "exit 9"]), reaper);

        Assert.Equal(9, (await child.Exited.WaitAsync(TestContext.Current.CancellationToken)).Code);
    }

    private static unsafe Errno AnyChildLeft()
    {
        SignalInformation ended;
        return Syscall.Outcome(Native.WaitId(Native.WaitAll, 0, &ended, Native.WaitExited | Native.WaitNoHang));
    }

    /// <summary>How often the waiting thread woke in a quarter of a second in which nothing happened.</summary>
    private static async Task<long> WakeUpsWhileIdleAsync()
    {
        await Task.Delay(50, TestContext.Current.CancellationToken);
        var before = Switches();
        await Task.Delay(250, TestContext.Current.CancellationToken);
        return Switches() - before;
    }

    private static long Switches()
    {
        var thread = Directory.EnumerateDirectories("/proc/self/task").Single(task => File.ReadAllText(task + "/comm") == "reaper\n");
        var line = File.ReadLines(thread + "/status").Single(text => text.StartsWith("voluntary", StringComparison.Ordinal));
        return long.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture);
    }
}
