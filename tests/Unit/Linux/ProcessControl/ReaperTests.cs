using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Linux.ProcessControl;

public sealed class ReaperTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_children_end_with_their_own_codes_and_leave_no_zombie()
    {
        await using var reaper = Reaper.ForChildren();
        var children = new List<(ChildProcess Child, int Code)>();
        for (var i = 0; i < 1000; i++)
        {
            children.Add((ChildProcess.Spawn(new SpawnRequest("/bin/sh", ["sh", "-c", $"exit {i % 256}"]), reaper), i % 256));
        }

        foreach (var (child, code) in children)
        {
            Assert.Equal(new ExitStatus(code, null), await child.Exited.WaitAsync(Cancel));
            Assert.NotEqual(child.StartTime, Processes.StartTimeOf(child.Pid));
        }
    }

    [Fact]
    public async Task A_reaper_takes_no_exit_of_a_child_that_is_not_its_own()
    {
        await using var reaper = Reaper.ForChildren();
        using var foreign = System.Diagnostics.Process.Start("/bin/sh", ["-c", "exit 7"]);
        var own = ChildProcess.Spawn(new SpawnRequest("/bin/sh", ["sh", "-c", "exit 8"]), reaper);

        await foreign.WaitForExitAsync(Cancel);

        Assert.Equal(8, (await own.Exited.WaitAsync(Cancel)).Code);
        Assert.Equal(7, foreign.ExitCode);
    }

    [Fact]
    public async Task A_disposed_reaper_cancels_who_waits_and_leaves_the_child_running()
    {
        var reaper = Reaper.ForChildren();
        var child = ChildProcess.Spawn(new SpawnRequest("/bin/sleep", ["sleep", "60"]), reaper);

        await reaper.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.Exited);
        Assert.True(Processes.IsAlive(child.Pid, child.StartTime));
        Assert.Throws<ObjectDisposedException>(() => ChildProcess.Spawn(new SpawnRequest("/bin/true", ["true"]), reaper));
        Processes.Signal(child.Pid, Signal.Kill);
    }

    [Fact]
    public async Task A_watch_follows_a_process_and_knows_it_by_its_start_time()
    {
        await using var reaper = Reaper.ForChildren();
        var child = ChildProcess.Spawn(new SpawnRequest("/bin/sleep", ["sleep", "60"]), reaper);
        using var watch = ProcessWatch.TryOpen(child.Pid, child.StartTime)!;

        Assert.False(watch.Exited.IsCompleted);
        Assert.Null(ProcessWatch.TryOpen(child.Pid, child.StartTime + 1));
        watch.Signal(Signal.Term);

        await watch.Exited.WaitAsync(Cancel);
        Assert.Equal(Signal.Term, (await child.Exited.WaitAsync(Cancel)).KilledBy);
        Assert.Null(ProcessWatch.TryOpen(child.Pid, child.StartTime));
        watch.Signal(Signal.Kill);
    }

    [Fact]
    public void A_disposed_watch_cancels_who_waits()
    {
        var watch = ProcessWatch.TryOpen(Processes.CurrentId, Processes.StartTimeOf(Processes.CurrentId)!.Value)!;

        watch.Dispose();

        Assert.True(watch.Exited.IsCanceled);
    }

    [Fact]
    public void A_process_is_described_even_when_its_name_is_odd()
    {
        var own = Processes.CurrentId;

        Assert.Contains(own, Processes.All());
        Assert.True(Processes.IsAlive(own, Processes.StartTimeOf(own)!.Value));
        Assert.False(Processes.IsAlive(own, 1));
        Assert.Contains("VmTools.Unit", Processes.CommandLineOf(own));
        Assert.Equal(Environment.CurrentDirectory, Processes.WorkingDirectoryOf(own));
        Assert.Null(Processes.StartTimeOf(int.MaxValue));
        Assert.Null(Processes.CommandLineOf(int.MaxValue));
        Assert.Null(Processes.WorkingDirectoryOf(int.MaxValue));
    }

    [Fact]
    public void Numbers_that_would_mean_many_processes_are_refused_as_one()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Processes.Signal(0, Signal.Term));
        Assert.Throws<ArgumentOutOfRangeException>(() => Processes.Signal(-1, Signal.Term));
        Assert.Throws<ArgumentOutOfRangeException>(() => Processes.SignalGroup(1, Signal.Term));
        Assert.Equal(Errno.ESRCH, Processes.Signal(int.MaxValue, Signal.Term));
    }
}
