using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Concierge.Vms.Health;
using VmTools.Unit.Host.Concierge.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vms.Health;

/// <summary>A VM that is there and does not run: noticed, told, and told again when it runs.</summary>
public sealed class VmHealthTests : IAsyncDisposable
{
    private readonly ConciergeBench _bench = new();

    private VmSnapshot Vm => _bench.Registry.Find(ConciergeBench.IdOf("termina"))!.Snapshot;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_full_disk_is_told_and_the_guest_goes_on_once_a_trial_succeeds()
    {
        var monitor = _bench.Monitor = new FakeMonitor();
        await _bench.StartAsync("termina");

        monitor.Stop(new VmmPause(VmmPauseCause.DiskFull, "/nonexistent/full/disk.img"));
        await _bench.SeesAsync("Paused termina: host disk full");
        Assert.Equal(new VmCondition(VmConditionKind.Paused, "host disk full"), Vm.Condition);
        monitor.CanGoOn = true;
        await RunClockUntilAsync("Runs termina", TimeSpan.FromSeconds(1));

        Assert.Null(Vm.Condition);
        Assert.Equal(1, monitor.Continued);
    }

    [Fact]
    public async Task Trials_that_fail_are_not_told_and_come_at_growing_intervals()
    {
        var monitor = _bench.Monitor = new FakeMonitor();
        await _bench.StartAsync("termina");
        monitor.Stop(new VmmPause(VmmPauseCause.DiskError, "/data/disk.img"));
        await _bench.SeesAsync("Paused termina: disk write error on /data/disk.img");

        await RunClockAsync(TimeSpan.FromSeconds(60));

        Assert.InRange(monitor.Continued, 4, 8);
        Assert.Single(_bench.Journal.Lines, line => line.StartsWith("Paused", StringComparison.Ordinal));
        Assert.DoesNotContain("Runs termina", _bench.Journal.Lines);
    }

    [Fact]
    public async Task A_guest_that_somebody_paused_is_left_so_until_it_is_resumed()
    {
        var monitor = _bench.Monitor = new FakeMonitor();
        await _bench.StartAsync("termina");
        monitor.Stop(new VmmPause(VmmPauseCause.Asked));
        await _bench.SeesAsync("Paused termina: somebody told its VMM so");

        await RunClockAsync(TimeSpan.FromSeconds(40));
        Assert.Equal(0, monitor.Continued);

        monitor.Pause = null;
        monitor.Say(VmmEventKind.Resumed);
        await _bench.SeesAsync("Runs termina");
    }

    [Fact]
    public async Task A_guest_that_was_paused_before_the_daemon_came_is_told_too()
    {
        _bench.Monitor = new FakeMonitor { Pause = new VmmPause(VmmPauseCause.Other) { Detail = "internal-error" } };

        await _bench.StartAsync("termina");

        await _bench.SeesAsync("Paused termina: its VMM says 'internal-error'");
    }

    [Fact]
    public async Task A_paused_vm_is_stopped_without_the_wait_for_a_guest_that_stands_still()
    {
        var monitor = _bench.Monitor = new FakeMonitor();
        await _bench.StartAsync("termina");
        monitor.Stop(new VmmPause(VmmPauseCause.DiskFull));
        await _bench.SeesAsync("Paused termina: host disk full");
        _bench.GuestsHear = false;

        var ending = await _bench.RunClockUntilAsync(
            _bench.Stop.RunAsync(ConciergeBench.IdOf("termina"), VmStopReason.StopVmRequested, TestContext.Current.CancellationToken),
                TimeSpan.FromSeconds(1));

        Assert.StartsWith(
            "VM 'termina' was paused (host disk full), so its guest could not switch itself off", ending!.Sentence,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guest_that_is_silent_is_told_within_30_seconds_and_so_is_its_return()
    {
        await _bench.StartAsync("termina");
        _bench.GuestsAnswer = false;
        var silentSince = _bench.Clock.GetUtcNow();

        await RunClockUntilAsync("NotAnswering termina:", TimeSpan.FromSeconds(1));
        Assert.InRange(_bench.Clock.GetUtcNow() - silentSince, AnswerWatch.Patience, TimeSpan.FromSeconds(31));
        Assert.Equal(VmConditionKind.NotAnswering, Vm.Condition!.Kind);

        _bench.GuestsAnswer = true;
        await RunClockUntilAsync("Runs termina", TimeSpan.FromSeconds(1));
        Assert.Equal(3, _bench.Alive.Count);
    }

    [Fact]
    public async Task Whose_machine_switched_off_by_itself_is_said_to()
    {
        var monitor = _bench.Monitor = new FakeMonitor();
        await _bench.StartAsync("termina");

        monitor.Say(VmmEventKind.ShuttingDown, "guest-shutdown");
        await Task.Delay(50, TestContext.Current.CancellationToken);
        _bench.MachineOf("termina").Vmm.End();
        await _bench.SeesAsync("Stopped termina VmExited");

        Assert.Equal("Its guest switched itself off.", _bench.Journal.LastProblem);
    }

    private async Task RunClockUntilAsync(string line, TimeSpan step)
    {
        var seen = Task.Run(async () =>
        {
            while (!_bench.Journal.Lines.Any(said => said.StartsWith(line, StringComparison.Ordinal)))
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }

            return true;
        });
        await _bench.RunClockUntilAsync(seen, step);
    }

    /// <summary>In small steps with pauses, so that what waits for the clock comes to wait again.</summary>
    private async Task RunClockAsync(TimeSpan span)
    {
        for (var at = TimeSpan.Zero; at < span; at += TimeSpan.FromMilliseconds(500))
        {
            _bench.Clock.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
