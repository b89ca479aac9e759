using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Concierge.Vms.Start;
using VmTools.Protocol;
using VmTools.Unit.Host.Concierge.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vms.Start;

/// <summary>A start from request to answer: its order, its failures at every step, and several at one time.</summary>
public sealed class StartVmTests : IAsyncDisposable
{
    private readonly ConciergeBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_start_announces_launches_sets_up_and_then_says_started()
    {
        var vm = await _bench.StartAsync("termina");

        Assert.Equal(["StartingUp termina", "VMM", "ConfigureNetwork", "SetTime", "Started termina"], _bench.Journal.Lines);
        Assert.Equal(VmState.Running, vm.State);
        Assert.Equal(new Cid(32), vm.Cid);
        Assert.Equal(_bench.MachineOf("termina").Vmm.Pid, vm.VmmPid);
    }

    [Theory]
    [InlineData("termina", "maitred.hostname=termina")]
    [InlineData("My VM, the 2nd!", "maitred.hostname=My-VM--the-2nd")]
    public async Task The_guest_is_told_the_name_of_its_vm_as_far_as_a_host_name_can_say_it(string name, string word)
    {
        await _bench.StartAsync(name);

        Assert.Equal(word, Assert.Single(_bench.MachineOf(name).Configuration.KernelParameters));
    }

    [Fact]
    public async Task A_network_that_ended_before_the_guest_was_up_fails_the_start_with_its_own_words()
    {
        _bench.Failing = "NetworkSoon";

        var error = await Assert.ThrowsAsync<VmToolsException>(() => _bench.StartAsync("termina"));

        Assert.Contains("The user-mode network of VM 'termina' exited with code 1", error.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Alive);
        Assert.Empty(_bench.Held);
    }

    [Fact]
    public async Task A_name_without_a_letter_that_a_host_name_may_have_is_not_told()
    {
        await _bench.StartAsync("…");

        Assert.Empty(_bench.MachineOf("…").Configuration.KernelParameters);
    }

    [Fact]
    public async Task The_images_stock_container_comes_after_the_vms_own_disks()
    {
        await _bench.StartAsync("termina");

        var disk = _bench.MachineOf("termina").Configuration.Disks[^1];
        Assert.Equal(Path.Combine(_bench.Directories.Image, "penguin.img"), disk.Path);
        Assert.Equal((true, "vmtools-penguin"), (disk.IsReadOnly, disk.Serial));
    }

    [Fact]
    public async Task A_running_vm_answers_a_second_start_with_itself()
    {
        var first = await _bench.StartAsync("termina");

        var second = await _bench.StartAsync("termina");

        Assert.Equal(first, second);
        Assert.Single(_bench.Journal.Lines, "VMM");
    }

    [Fact]
    public async Task A_second_start_waits_for_the_first_and_answers_with_the_vm_that_runs()
    {
        _bench.GuestsBoot = false;
        var first = _bench.StartAsync("termina");
        await _bench.SeesAsync("VMM");

        var others = Enumerable.Range(0, 20).Select(_ => _bench.StartAsync("termina")).ToList();
        Assert.DoesNotContain(others, other => other.IsCompleted);
        _bench.Pending.TryReady(new Cid(32));

        var vm = await first;
        Assert.All(await Task.WhenAll(others), other => Assert.Equal(
            (VmState.Running, new Cid(32), vm.VmmPid), (other.State, other.Cid!.Value, other.VmmPid)));
        Assert.Single(_bench.Journal.Lines, "VMM");
    }

    [Fact]
    public async Task The_failure_of_a_start_is_that_of_all_who_wait_for_it()
    {
        _bench.GuestsBoot = false;
        var first = _bench.StartAsync("termina");
        await _bench.SeesAsync("VMM");
        var second = _bench.StartAsync("termina");

        _bench.MachineOf("termina").Vmm.End("was killed by SIGKILL");
        await _bench.RunClockUntilAsync(Task.WhenAny(first, second), TimeSpan.FromMilliseconds(100));

        var cause = await Assert.ThrowsAsync<VmToolsException>(() => first);
        Assert.Same(cause, await Assert.ThrowsAsync<VmToolsException>(() => second));
        Assert.Contains("was killed by SIGKILL", cause.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_after_the_order_to_stop_gets_a_new_vm_and_never_the_old_one()
    {
        for (var round = 0; round < 20; round++)
        {
            var old = await _bench.StartAsync("termina");
            var stop = _bench.StopAsync("termina");

            var fresh = await _bench.StartAsync("termina");

            await stop;
            Assert.NotEqual(old.Cid, fresh.Cid);
            Assert.Equal(VmState.Running, _bench.Registry.Find(ConciergeBench.IdOf("termina"))!.Snapshot.State);
            await _bench.StopAsync("termina");
        }
    }

    [Theory]
    [InlineData("Choose", false)]
    [InlineData("Device", false)]
    [InlineData("DeviceReady", false)]
    [InlineData("VMM", true)]
    [InlineData("ConfigureNetwork", true)]
    [InlineData("SetTime", true)]
    public async Task A_failure_at_any_step_is_the_answer_and_leaves_nothing_behind(string step, bool isAnnounced)
    {
        _bench.Failing = step;

        await Assert.ThrowsAsync<VmToolsException>(() => _bench.StartAsync("termina"));

        Assert.Empty(_bench.Held);
        Assert.Empty(_bench.Alive);
        Assert.Empty(_bench.Registry.All);
        Assert.Equal(isAnnounced, _bench.Journal.Lines.Contains("StartingUp termina"));
        Assert.Equal(isAnnounced, _bench.Journal.Lines.Contains("Stopped termina VmExited"));
    }

    [Fact]
    public async Task A_failed_name_can_be_started_again_at_once_with_another_cid()
    {
        _bench.Failing = "VMM";
        await Assert.ThrowsAsync<VmToolsException>(() => _bench.StartAsync("termina"));
        _bench.Failing = null;

        var vm = await _bench.StartAsync("termina");

        Assert.Equal(new Cid(33), vm.Cid);
    }

    [Fact]
    public async Task A_guest_that_never_gets_ready_is_reported_with_its_last_console_lines_and_the_log()
    {
        _bench.GuestsBoot = false;
        var start = _bench.StartAsync("termina");
        await _bench.SeesAsync("VMM");
        _bench.Says("termina", "[    0.5] Kernel panic - not syncing: No working init found.");

        _bench.Clock.Advance(StartPlan.DefaultReadyLimit + TimeSpan.FromSeconds(1));

        var error = await Assert.ThrowsAsync<VmToolsException>(() => start);
        Assert.Equal(ErrorKind.DeadlineExceeded, error.Kind);
        Assert.Contains("was not ready within 60 seconds", error.Message, StringComparison.Ordinal);
        Assert.Contains("it died of a kernel panic: No working init found.", error.Message, StringComparison.Ordinal);
        Assert.Contains("\n  first line\n", error.Message, StringComparison.Ordinal);
        Assert.Contains("dGVybWluYQ==/console.log", error.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Held);
        Assert.Empty(_bench.Alive);
    }

    [Fact]
    public async Task An_emulated_guest_has_three_times_as_long_to_boot()
    {
        _bench.BackEnd.IsEmulated = true;
        _bench.GuestsBoot = false;
        var start = _bench.StartAsync("termina");
        await _bench.SeesAsync("VMM");

        _bench.Clock.Advance(TimeSpan.FromSeconds(170));
        Assert.False(start.IsCompleted);
        _bench.Pending.TryReady(new Cid(32));

        Assert.Equal(VmState.Running, (await start).State);
    }

    [Fact]
    public async Task A_vmm_that_ends_before_the_guest_is_ready_fails_the_start_with_how_it_ended()
    {
        _bench.GuestsBoot = false;
        var start = _bench.StartAsync("termina");
        await _bench.SeesAsync("VMM");

        _bench.MachineOf("termina").Vmm.End("ended with exit code 1");

        var error = await Assert.ThrowsAsync<VmToolsException>(() => start);
        Assert.Contains(
            "The VMM of VM 'termina' ended with exit code 1 before the guest was ready", error.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Held);
    }

    [Fact]
    public async Task A_guest_whose_kernel_dies_fails_the_start_with_the_panics_words()
    {
        _bench.GuestsBoot = false;
        var start = _bench.StartAsync("termina");
        await _bench.SeesAsync("VMM");
        _bench.Says("termina", "[    1.5] Kernel panic - not syncing: VFS: Unable to mount root fs");

        _bench.MachineOf("termina").Vmm.End("ended with exit code 0");

        var error = await Assert.ThrowsAsync<VmToolsException>(() => start);
        Assert.StartsWith(
            "VM 'termina' died before it was ready: kernel panic: VFS: Unable to mount root fs.", error.Message, StringComparison.Ordinal);
        Assert.Equal("VM 'termina' died before it was ready: kernel panic: VFS: Unable to mount root fs.", _bench.Journal.LastProblem);
    }

    [Fact]
    public async Task A_running_vm_that_panics_is_told_with_what_led_to_it()
    {
        await _bench.StartAsync("termina");
        _bench.Says("termina", "[    1.5] BUG: kernel NULL pointer dereference, address: 0000000000000000");
        _bench.Says("termina", "[    1.6] Kernel panic - not syncing: Fatal exception");

        _bench.MachineOf("termina").Vmm.End("ended with exit code 0");

        await _bench.SeesAsync("Stopped termina VmExited");
        Assert.Equal(
            "kernel panic: Fatal exception (after: BUG: kernel NULL pointer dereference, address: 0000000000000000)",
            _bench.Journal.LastProblem);
    }

    [Fact]
    public async Task The_panic_of_a_former_run_is_not_told_again()
    {
        await _bench.StartAsync("termina");
        _bench.Says("termina", "[    1.6] Kernel panic - not syncing: Fatal exception");
        _bench.MachineOf("termina").Vmm.End("ended with exit code 0");
        await _bench.SeesAsync("Stopped termina VmExited");
        await _bench.StartAsync("termina");

        _bench.MachineOf("termina").Vmm.End("was killed by SIGKILL");

        await _bench.Registry.Find(ConciergeBench.IdOf("termina"))!.Ended;
        Assert.Equal("The VMM was killed by SIGKILL.", _bench.Journal.LastProblem);
    }

    [Fact]
    public async Task A_stop_during_a_start_calls_it_off_and_both_are_answered()
    {
        _bench.GuestsBoot = false;
        var start = _bench.StartAsync("termina");
        await _bench.SeesAsync("VMM");

        await _bench.StopAsync("termina");

        var error = await Assert.ThrowsAsync<VmToolsException>(() => start);
        Assert.Equal(ErrorKind.Cancelled, error.Kind);
        Assert.Equal(["StartingUp termina", "VMM", "Quit", "Stopping termina", "Stopped termina StopVmRequested"], _bench.Journal.Lines);
        Assert.Empty(_bench.Held);
        Assert.Empty(_bench.Alive);
    }

    [Fact]
    public async Task The_death_of_another_vm_does_not_disturb_a_start()
    {
        await _bench.StartAsync("other");
        _bench.GuestsBoot = false;
        var start = _bench.StartAsync("termina");
        await _bench.SeesAsync("StartingUp termina");

        _bench.MachineOf("other").Vmm.End("was killed by SIGKILL");
        await _bench.SeesAsync("Stopped other VmExited");

        Assert.False(start.IsCompleted);
        _bench.Pending.TryReady(new Cid(33));
        Assert.Equal(VmState.Running, (await start).State);
    }

    [Fact]
    public async Task Several_vms_start_at_one_time_with_cids_of_their_own()
    {
        var vms = await Task.WhenAll(Enumerable.Range(0, 10).Select(number => _bench.StartAsync($"vm{number}")));

        Assert.Equal(10, vms.Select(vm => vm.Cid).Distinct().Count());
    }

    [Fact]
    public async Task A_daemon_that_ends_calls_a_start_off_and_says_so()
    {
        _bench.GuestsBoot = false;
        var start = _bench.StartAsync("termina");
        await _bench.SeesAsync("VMM");

        _bench.Registry.Find(ConciergeBench.IdOf("termina"))!.Abandon();

        var error = await Assert.ThrowsAsync<VmToolsException>(() => start);
        Assert.Contains("vm_concierge ends", error.Message, StringComparison.Ordinal);
        await _bench.SeesAsync("Stopped termina ServiceShutdown");
        Assert.Empty(_bench.Alive);
    }

    [Fact]
    public async Task Too_little_memory_is_told_before_anything_is_taken()
    {
        File.WriteAllText(_bench.MemoryFile, "MemAvailable: 300000 kB\n");

        var error = await Assert.ThrowsAsync<VmToolsException>(() => _bench.StartAsync("termina"));

        Assert.Equal(ErrorKind.ResourceExhausted, error.Kind);
        Assert.Contains("608 MiB", error.Message, StringComparison.Ordinal);
        Assert.Contains("292 MiB", error.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Journal.Lines);
    }

    [Fact]
    public async Task More_cpus_than_the_machine_has_are_refused()
    {
        var spec = new StartSpec(ConciergeBench.IdOf("termina")) { CpuCount = Environment.ProcessorCount + 1 };

        var error = await Assert.ThrowsAsync<VmToolsException>(() => _bench.Start.RunAsync(spec, TestContext.Current.CancellationToken));

        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
    }

    [Fact]
    public async Task A_disk_operation_keeps_a_start_off()
    {
        using var busy = _bench.DiskOperations.Begin(ConciergeBench.IdOf("termina"));

        await Assert.ThrowsAsync<DiskBusyException>(() => _bench.StartAsync("termina"));
    }

    [Fact]
    public async Task A_full_state_directory_is_told_and_leaves_nothing_behind()
    {
        File.WriteAllText(Path.Combine(_bench.Directories.State, ConciergeBench.Owner), "a file in the way");

        var error = await Assert.ThrowsAsync<VmToolsException>(() => _bench.StartAsync("termina"));

        Assert.Contains(_bench.Directories.State, error.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Held);
    }
}
