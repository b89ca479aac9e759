using System.Diagnostics;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>A VM that is there and does not run: it is told, it goes on without loss, and it can be ended.</summary>
public sealed class HealthTests : MachineTests, IAsyncLifetime
{
    private Sandbox _sandbox = null!;

    public ValueTask InitializeAsync()
    {
        _sandbox = new Sandbox(nameof(HealthTests));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task A_full_disk_of_the_host_pauses_the_VM_which_goes_on_without_loss_once_there_is_room()
    {
        Directory.CreateDirectory(_sandbox.State);
        await using var disk = await SmallFileSystem.MountAsync(_sandbox.State, "96m");
        await _sandbox.StartVmAsync("full");
        await _sandbox.InGuestAsync("full", "head -c 16M /dev/urandom > /tmp/source; sync");
        await disk.FillAsync();

        using var writing = _sandbox.Command("vsh", "full", "--user=root", "--", "sh", "-c",
            "dd if=/tmp/source of=/mnt/stateful/copy bs=1M conv=fsync").Start();
        await StateIsAsync("full", "paused: host disk full");
        Assert.Contains("reason:  host disk full", (await _sandbox.VmcAsync("info", "full")).Output, StringComparison.Ordinal);

        // A daemon that comes later finds it so.
        ProcessTable.Kill(_sandbox.PidOf("vm_concierge"));
        await StateIsAsync("full", "paused: host disk full");
        disk.MakeRoom();

        await StateIsAsync("full", "running");
        await writing.WaitForExitAsync(Cancel).WaitAsync(Speed.Scale(60), Cancel);
        Assert.Equal(0, writing.ExitCode);
        Assert.Equal(
            "same\n", await _sandbox.InGuestAsync(
            "full", "echo 3 > /proc/sys/vm/drop_caches; cmp /tmp/source /mnt/stateful/copy && echo same"));
        Assert.DoesNotContain("I/O error", (await _sandbox.VmcAsync("logs", "full")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await _sandbox.VmcAsync("stop", "full")).Code);
    }

    [Fact]
    public async Task A_frozen_VM_is_told_within_30_seconds_and_so_is_its_return_and_force_ends_it()
    {
        var vm = await _sandbox.StartVmAsync("frozen");
        var frozen = Stopwatch.StartNew();

        ProcessTable.Send(vm.VmmPid, 19);
        await StateIsAsync("frozen", "not answering");
        Assert.True(frozen.Elapsed < TimeSpan.FromSeconds(30) + Speed.Scale(4), $"It took {frozen.Elapsed} to tell.");
        Assert.Contains("stopped by a signal", (await _sandbox.VmcAsync("info", "frozen")).Output, StringComparison.Ordinal);

        ProcessTable.Send(vm.VmmPid, 18);
        await StateIsAsync("frozen", "running");
        Assert.Equal("alive\n", await _sandbox.InGuestAsync("frozen", "echo alive"));

        ProcessTable.Send(vm.VmmPid, 19);
        var stop = await _sandbox.VmcAsync("stop", "frozen", "--force", "--json");
        Assert.True(stop.Code == 0, stop.ToString());
        Assert.Contains("\"forced\": true", stop.Output, StringComparison.Ordinal);
        Assert.True(stop.Took < Speed.Scale(12), stop.ToString());
        Assert.True(await ProcessTable.HaveEndedAsync([vm.VmmPid, vm.DevicePid], Speed.Scale(2)));
    }

    private Task StateIsAsync(string vm, string state) => WaitForAsync(
        _sandbox,
        async () => (await _sandbox.VmcAsync("list")).Output.Split('\n').Any(
            line => line.StartsWith(vm, StringComparison.Ordinal) && line.Contains(state, StringComparison.Ordinal)));
}
