using System.Diagnostics;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>Each process of a machine is killed in turn: what belongs together goes together, and the rest lives on.</summary>
public sealed class DeathTests : MachineTests, IAsyncLifetime
{
    private Sandbox _sandbox = null!;

    public ValueTask InitializeAsync()
    {
        _sandbox = new Sandbox(nameof(DeathTests));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task A_killed_VMM_takes_its_device_and_sessions_with_it_within_a_second()
    {
        var vm = await _sandbox.StartVmAsync("victim");
        using var session = _sandbox.Command("vsh", "victim", "--", "sleep", "1000").Start();
        await SessionRunsAsync("victim");

        var watch = Stopwatch.StartNew();
        ProcessTable.Kill(vm.VmmPid);

        await NoVmsAsync();
        Assert.True(watch.Elapsed < Speed.Scale(1), $"It took {watch.Elapsed} to notice.");
        Assert.True(await ProcessTable.HaveEndedAsync([vm.DevicePid], Speed.Scale(2)));
        await session.WaitForExitAsync(Cancel).WaitAsync(Speed.Scale(5), Cancel);
        Assert.Equal(125, session.ExitCode);
        ProcessTable.Kill(_sandbox.PidOf("vm_concierge"));
        Assert.Contains("stopped: The VMM was killed by SIGKILL.", (await _sandbox.VmcAsync("list")).Output, StringComparison.Ordinal);
        Assert.Contains(
            "ended:   The VMM was killed by SIGKILL (", (await _sandbox.VmcAsync("info", "victim")).Output, StringComparison.Ordinal);
        await CanStartAgainAsync();
    }

    [Fact]
    public async Task A_killed_device_takes_its_VMM_with_it()
    {
        var vm = await _sandbox.StartVmAsync("victim");

        ProcessTable.Kill(vm.DevicePid);

        await NoVmsAsync();
        Assert.True(await ProcessTable.HaveEndedAsync([vm.VmmPid], Speed.Scale(5)));
        await CanStartAgainAsync();
    }

    [Fact]
    public async Task Machines_outlive_a_killed_daemon_and_are_taken_back_by_the_next()
    {
        var first = await _sandbox.StartVmAsync("first");
        var second = await _sandbox.StartVmAsync("second");
        await _sandbox.InGuestAsync("first", "echo kept > /tmp/marker");
        var daemon = _sandbox.PidOf("vm_concierge");

        ProcessTable.Kill(daemon);
        Assert.True(await ProcessTable.HaveEndedAsync([daemon], Speed.Scale(2)));
        Assert.Equal("kept\n", await _sandbox.InGuestAsync("first", "cat /tmp/marker"));
        Assert.DoesNotContain(
            _sandbox.Processes, pid => ProcessTable.CommandLineOf(pid) is [var program, ..] && Path.GetFileName(program) == "vm_concierge");
        var list = await _sandbox.VmcAsync("list", "--json");

        Assert.True(list.Code == 0, list.ToString());
        Assert.Equal(first, _sandbox.Vm("first"));
        Assert.Equal(second, _sandbox.Vm("second"));
        Assert.NotEqual(daemon, _sandbox.PidOf("vm_concierge"));
        Assert.Equal("kept\n", await _sandbox.InGuestAsync("first", "cat /tmp/marker"));
        Assert.Equal(0, (await _sandbox.VmcAsync("stop", "second")).Code);
        Assert.Equal(0, (await _sandbox.VmcAsync("stop", "first")).Code);
        Assert.True(await ProcessTable.HaveEndedAsync([first.VmmPid, first.DevicePid, second.VmmPid, second.DevicePid], Speed.Scale(5)));
    }

    [Fact]
    public async Task A_guest_that_powers_itself_off_is_gone()
    {
        var vm = await _sandbox.StartVmAsync("victim");

        await _sandbox.VshAsync(
            "victim", "--user=root", "--", "sh", "-c", "kill -RTMIN+4 1 2>/dev/null; echo o > /proc/sysrq-trigger; sleep 10");

        await NoVmsAsync();
        Assert.True(await ProcessTable.HaveEndedAsync([vm.VmmPid, vm.DevicePid], Speed.Scale(5)));
        Assert.Contains("switched itself off", (await _sandbox.VmcAsync("list")).Output, StringComparison.Ordinal);
    }

    private async Task CanStartAgainAsync()
    {
        await _sandbox.StartVmAsync("victim");
        Assert.Equal("alive\n", await _sandbox.InGuestAsync("victim", "echo alive"));
    }

    private async Task NoVmsAsync()
    {
        for (var end = DateTime.UtcNow + Speed.Scale(15); _sandbox.Vms.Count > 0; await Task.Delay(20, Cancel))
        {
            Assert.True(DateTime.UtcNow < end, $"The VM is still known.\n{_sandbox.LogText()}");
        }
    }

    private async Task SessionRunsAsync(string vm)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(15); ; await Task.Delay(100, Cancel))
        {
            if ((await _sandbox.VshAsync(vm, "--", "sh", "-c", "ps -eo args | grep -c '^sleep 1000'")).Output == "1\n")
            {
                return;
            }

            Assert.True(DateTime.UtcNow < end, "The session has not begun.");
        }
    }
}
