using VmTools.Host.Concierge.Vms;
using VmTools.Host.Vms;
using VmTools.Linux.Accounts;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Unit.Host.Concierge.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vms.Start;

/// <summary>What a restarted daemon does with the VMs of a former one, with real processes in the parts of VMM and device.</summary>
public sealed class AdoptVmsTests : IAsyncDisposable
{
    private readonly ConciergeBench _bench = new() { GuestsObey = false, VmmsQuit = false };
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly ChildProcess _vmm;
    private readonly ChildProcess _device;
    private readonly ChildProcess _network;

    public AdoptVmsTests()
    {
        _vmm = Spawn();
        _device = Spawn();
        _network = Spawn();
    }

    public async ValueTask DisposeAsync()
    {
        _vmm.Signal(Signal.Kill);
        _device.Signal(Signal.Kill);
        _network.Signal(Signal.Kill);
        await _bench.DisposeAsync();
        await _reaper.DisposeAsync();
    }

    [Fact]
    public async Task A_running_vm_is_taken_back_with_its_pid_and_cid()
    {
        Write(Record());

        var ended = await AdoptAsync();

        Assert.Empty(ended);
        var vm = Assert.Single(_bench.Registry.All).Snapshot;
        Assert.Equal((VmState.Running, (int?)_vmm.Pid, new Cid(40)), (vm.State, vm.VmmPid, vm.Cid));
        Assert.Equal(vm, await _bench.StartAsync("termina"));
        Assert.True(_bench.DeviceDirectory.Speaks(new Cid(40), _device.Pid, Users.EffectiveId));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task A_container_host_that_a_former_daemon_started_is_not_started_again(bool isStarted, int calls)
    {
        Write(Record() with { HasTermina = isStarted });
        await AdoptAsync();

        await _bench.StartAsync("termina", withContainers: true);

        Assert.Equal(calls, _bench.Journal.Lines.Count(line => line.StartsWith("StartTermina", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_vm_that_was_taken_back_can_be_stopped_and_gives_everything_back()
    {
        Write(Record());
        await AdoptAsync();

        await _bench.RunClockUntilAsync(WithResult(_bench.StopAsync("termina")), TimeSpan.FromSeconds(5));

        Assert.Equal(["Stopping termina", "Shutdown", "Quit", "Stopped termina StopVmRequested"], _bench.Journal.Lines);
        Assert.Equal(Signal.Term, (await _vmm.Exited).KilledBy);
        Assert.Equal(Signal.Term, (await _network.Exited).KilledBy);
        Assert.Empty(_bench.Held);
    }

    [Fact]
    public async Task The_death_of_a_vm_that_was_taken_back_is_told()
    {
        Write(Record());
        await AdoptAsync();

        _vmm.Signal(Signal.Kill);
        await _bench.RunClockUntilAsync(WithResult(_bench.SeesAsync("Stopped termina VmExited")), TimeSpan.FromMilliseconds(50));

        Assert.Empty(_bench.Held);
    }

    [Fact]
    public async Task A_vm_that_died_meanwhile_is_cleared_and_told()
    {
        Write(Record());
        _vmm.Signal(Signal.Kill);
        await _vmm.Exited;

        var ended = await _bench.RunClockUntilAsync(AdoptAsync(), TimeSpan.FromMilliseconds(200));

        Assert.Equal(new Cid(40), Assert.Single(ended).Cid);
        Assert.Empty(_bench.Registry.All);
        Assert.Empty(_bench.Held);
        Assert.NotNull((await _device.Exited).KilledBy);
    }

    [Fact]
    public async Task A_start_that_nobody_was_told_of_is_ended()
    {
        Write(Record() with { IsRunning = false });

        var ended = await _bench.RunClockUntilAsync(AdoptAsync(), TimeSpan.FromSeconds(1));

        Assert.Single(ended);
        Assert.NotNull((await _vmm.Exited).KilledBy);
        Assert.Empty(_bench.Held);
    }

    [Fact]
    public async Task A_record_of_another_boot_never_harms_the_process_that_has_the_pid_now()
    {
        Write(Record() with { BootId = "another-boot" });

        var ended = await AdoptAsync();

        Assert.Single(ended);
        Assert.False(_vmm.Exited.IsCompleted);
        Assert.False(_device.Exited.IsCompleted);
        Assert.Empty(_bench.Held);
    }

    [Fact]
    public async Task A_process_with_the_pid_but_another_start_time_is_a_stranger()
    {
        Write(Record() with
        {
            Vmm = new ProcessRecord(_vmm.Pid, _vmm.StartTime + 1),
            Device = new ProcessRecord(_device.Pid, _device.StartTime + 1)
        });

        Assert.Single(await AdoptAsync());

        Assert.False(_vmm.Exited.IsCompleted);
        Assert.False(_device.Exited.IsCompleted);
    }

    [Fact]
    public async Task A_cid_that_was_taken_back_is_not_given_to_another()
    {
        Write(Record() with { Cid = 32 });
        await AdoptAsync();

        Assert.Equal(new Cid(33), (await _bench.StartAsync("other")).Cid);
    }

    [Fact]
    public async Task Socket_directories_that_belong_to_no_vm_are_removed()
    {
        Write(Record());
        Directory.CreateDirectory(Path.Combine(_bench.Directories.Runtime, "vm.40"));
        Directory.CreateDirectory(Path.Combine(_bench.Directories.Runtime, "vm.99"));

        await AdoptAsync();

        Assert.Equal(["vm.40"], _bench.Held.Where(name => name.StartsWith("vm.", StringComparison.Ordinal)));
    }

    private static async Task<bool> WithResult(Task task)
    {
        await task;
        return true;
    }

    private ChildProcess Spawn() => ChildProcess.Spawn(new SpawnRequest("/bin/sleep", ["sleep", "600"]), _reaper);

    private void Write(VmRecord record) => _bench.Records.Write(record);

    private VmRecord Record() => new()
    {
        Owner = ConciergeBench.Owner,
        Name = "termina",
        Cid = 40,
        BootId = ConciergeBench.BootId,
        IsRunning = true,
        ControlSocket = Path.Combine(_bench.Directories.Runtime, "vm.40", "control.sock"),
        Vmm = new ProcessRecord(_vmm.Pid, _vmm.StartTime),
        Device = new ProcessRecord(_device.Pid, _device.StartTime),
        Network = new ProcessRecord(_network.Pid, _network.StartTime),
    };

    private Task<IReadOnlyList<VmSnapshot>> AdoptAsync() => _bench.Adopt.RunAsync();
}
