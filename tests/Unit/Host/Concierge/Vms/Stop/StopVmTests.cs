using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.Concierge.Vms;
using VmTools.Protocol;
using VmTools.Unit.Host.Concierge.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vms.Stop;

/// <summary>The ends of a VM: asked for, forced, unasked for.</summary>
public sealed class StopVmTests : IAsyncDisposable
{
    private readonly ConciergeBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_stop_asks_the_guest_and_gives_everything_back()
    {
        await _bench.StartAsync("termina");

        await _bench.StopAsync("termina");

        Assert.Equal(["Stopping termina", "Shutdown", "Stopped termina StopVmRequested"], _bench.Journal.Lines.Skip(5));
        Assert.Empty(_bench.Held);
        Assert.Empty(_bench.Alive);
        Assert.Empty(_bench.Registry.All);
    }

    [Fact]
    public async Task A_stop_that_meets_a_defect_gives_everything_back_all_the_same()
    {
        await _bench.StartAsync("termina");
        _bench.Events.IsBroken = true;

        await _bench.StopAsync("termina");

        Assert.Empty(_bench.Held);
        Assert.Empty(_bench.Alive);
        Assert.Empty(_bench.Registry.All);
    }

    [Fact]
    public async Task A_stop_of_an_unknown_vm_is_a_success()
    {
        await _bench.StopAsync("nobody");

        Assert.Empty(_bench.Journal.Lines);
    }

    [Fact]
    public async Task Ten_stops_at_one_time_have_one_outcome()
    {
        await _bench.StartAsync("termina");

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => _bench.StopAsync("termina"))));

        Assert.Single(_bench.Journal.Lines, "Stopping termina");
        Assert.Single(_bench.Journal.Lines, "Stopped termina StopVmRequested");
        Assert.Single(_bench.Journal.Lines, "Shutdown");
    }

    [Fact]
    public async Task A_start_of_a_name_that_is_going_down_waits_for_the_end_and_starts_anew()
    {
        await _bench.StartAsync("termina");
        _bench.GuestsObey = false;
        var stop = _bench.StopAsync("termina");
        await _bench.SeesAsync("Shutdown");

        var start = _bench.StartAsync("termina");
        Assert.False(start.IsCompleted);
        _bench.MachineOf("termina").Vmm.End();

        await stop;
        Assert.Equal(new Cid(33), (await start).Cid);
    }

    [Fact]
    public async Task A_guest_that_does_not_go_is_taken_down_step_by_step()
    {
        await _bench.StartAsync("termina");
        _bench.GuestsObey = false;
        _bench.VmmsQuit = false;
        _bench.MachineOf("termina").Vmm.IsStubborn = true;
        var stop = _bench.StopAsync("termina");

        await _bench.RunClockUntilAsync(WithResult(stop), TimeSpan.FromSeconds(5));

        Assert.Equal(
            ["Stopping termina", "Shutdown", "Quit", "VMM SIGTERM", "VMM SIGKILL", "Stopped termina StopVmRequested"],
            _bench.Journal.Lines.Skip(5));
    }

    [Fact]
    public async Task A_vmm_that_survives_everything_stays_listed_until_it_ends()
    {
        await _bench.StartAsync("termina");
        (_bench.GuestsObey, _bench.VmmsQuit) = (false, false);
        var vmm = _bench.MachineOf("termina").Vmm;
        vmm.IsImmortal = true;

        var error = await Assert.ThrowsAsync<VmToolsException>(
            () => _bench.RunClockUntilAsync(WithResult(_bench.StopAsync("termina")), TimeSpan.FromSeconds(5)));
        Assert.Contains("does not end", error.Message, StringComparison.Ordinal);
        Assert.Single(_bench.Registry.All);

        vmm.End();
        await _bench.SeesAsync("Stopped termina StopVmRequested");
        Assert.Empty(_bench.Held);
    }

    [Fact]
    public async Task The_death_of_a_vmm_is_told_with_everything_given_back()
    {
        await _bench.StartAsync("termina");

        _bench.MachineOf("termina").Vmm.End("was killed by SIGKILL");
        await _bench.SeesAsync("Stopped termina VmExited");

        Assert.DoesNotContain("Stopping termina", _bench.Journal.Lines);
        Assert.Empty(_bench.Held);
        Assert.Empty(_bench.Alive);
    }

    [Fact]
    public async Task The_death_of_a_device_ends_its_vm_because_nobody_reaches_it_any_more()
    {
        await _bench.StartAsync("termina");
        var machine = _bench.MachineOf("termina");
        var gone = Task.Run(() => _bench.SeesAsync("Stopped termina VmExited"), TestContext.Current.CancellationToken);

        machine.Device.End("was killed by SIGKILL");
        await _bench.RunClockUntilAsync(WithResult(gone), TimeSpan.FromMilliseconds(400));

        Assert.True(machine.Vmm.Ended.IsCompleted);
        Assert.Empty(_bench.Held);
    }

    [Fact]
    public async Task All_vms_of_all_owners_end_with_StopAllVms_and_can_be_started_again()
    {
        await Task.WhenAll(_bench.StartAsync("one"), _bench.StartAsync("two"));

        await _bench.Stop.RunForAllAsync(TestContext.Current.CancellationToken);

        Assert.Contains("Stopped one StopAllVmsRequested", _bench.Journal.Lines);
        Assert.Contains("Stopped two StopAllVmsRequested", _bench.Journal.Lines);
        Assert.Equal(VmState.Running, (await _bench.StartAsync("one")).State);
    }

    [Fact]
    public async Task A_daemon_that_ends_leaves_running_vms_and_their_records_alone()
    {
        await _bench.StartAsync("termina");
        var vm = _bench.Registry.Find(ConciergeBench.IdOf("termina"))!;

        vm.Abandon();
        await vm.Ended;

        Assert.Equal(VmState.Detached, vm.Snapshot.State);
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<VmToolsException>(() => _bench.StartAsync("termina"))).Kind);
        Assert.Equal(3, _bench.Alive.Count);
        Assert.True(_bench.Records.ReadAll().Single().IsRunning);
    }

    [Fact]
    public async Task A_stop_whose_agent_is_deaf_has_the_kernel_of_the_guest_switch_off()
    {
        await _bench.StartAsync("termina");
        (_bench.GuestsHear, _bench.ShellsWork) = (false, true);

        var ending = await _bench.RunClockUntilAsync(
            _bench.Stop.RunAsync(ConciergeBench.IdOf("termina"), VmStopReason.StopVmRequested, TestContext.Current.CancellationToken),
                TimeSpan.FromSeconds(1));

        Assert.Equal(["Stopping termina", "Shutdown", "Answer", "Shell", "Stopped termina StopVmRequested"], _bench.Journal.Lines.Skip(5));
        Assert.True(ending!.IsForced);
        Assert.Contains("its kernel wrote the disks", ending.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_that_nobody_in_the_guest_takes_ends_within_its_budget_and_says_so()
    {
        await _bench.StartAsync("termina");
        _bench.GuestsHear = false;
        var begun = _bench.Clock.GetUtcNow();

        var ending = await _bench.RunClockUntilAsync(
            _bench.Stop.RunAsync(ConciergeBench.IdOf("termina"), VmStopReason.StopVmRequested, TestContext.Current.CancellationToken),
                TimeSpan.FromSeconds(1));

        Assert.True(_bench.Clock.GetUtcNow() - begun < TimeSpan.FromSeconds(25));
        Assert.True(ending!.IsForced);
        Assert.Matches(@"^VM 'termina' did not switch itself off within \d+ s and was ended; its disk will be checked", ending.Sentence);
        Assert.Equal(
            ["Asking the guest to switch itself off", "Waiting for the guest's programs to end",
                "The guest's agent does not answer; telling its kernel to write the disks and switch off", "Ending the VMM"],
            _bench.Journal.StopSteps);
        Assert.Equal(ending, _bench.Endings.OfOwner(ConciergeBench.IdOf("termina").Owner)[ConciergeBench.IdOf("termina").Name]);
    }

    [Fact]
    public async Task A_guest_that_goes_without_an_answer_has_done_what_it_was_asked()
    {
        await _bench.StartAsync("termina");
        _bench.GuestsHear = false;
        var stop = _bench.Stop.RunAsync(
            ConciergeBench.IdOf("termina"), VmStopReason.StopVmRequested, TestContext.Current.CancellationToken);
        await _bench.SeesAsync("Shutdown");

        _bench.MachineOf("termina").Vmm.End();

        Assert.False((await stop)!.IsForced);
        Assert.Equal(["Asking the guest to switch itself off"], _bench.Journal.StopSteps);
    }

    [Fact]
    public async Task A_stop_by_force_asks_no_guest_and_hurries_one_that_is_under_way()
    {
        await _bench.StartAsync("termina");
        _bench.GuestsHear = false;
        var polite = _bench.Stop.RunAsync(
            ConciergeBench.IdOf("termina"), VmStopReason.StopVmRequested, TestContext.Current.CancellationToken);
        await _bench.SeesAsync("Shutdown");

        var forced = await _bench.Stop.RunAsync(
            ConciergeBench.IdOf("termina"), VmStopReason.StopVmRequested, force: true, TestContext.Current.CancellationToken);

        Assert.Equal(forced, await polite);
        Assert.Contains("ended without waiting for its guest", forced!.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("Answer", _bench.Journal.Lines);
    }

    [Fact]
    public async Task How_a_vm_ended_is_kept_for_a_daemon_that_comes_later()
    {
        await _bench.StartAsync("termina");

        _bench.MachineOf("termina").Vmm.End("was killed by SIGKILL");
        await _bench.SeesAsync("Stopped termina VmExited");

        var id = ConciergeBench.IdOf("termina");
        var ending = new VmEndings(_bench.Directories, NullLogger.Instance).OfOwner(id.Owner)[id.Name];
        Assert.Equal((VmStopReason.VmExited, "The VMM was killed by SIGKILL.", false), (ending.Reason, ending.Sentence, ending.IsAsUsual));
        Assert.Equal(_bench.Clock.GetUtcNow(), ending.Time);
    }

    private static async Task<bool> WithResult(Task task)
    {
        await task;
        return true;
    }
}
