using System.Text.Json;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>
/// One instance per user and state directory: logins with other environments see its VMs, and nobody's disk is taken from under a VM.
/// </summary>
public sealed class InstanceTests : MachineTests, IAsyncLifetime
{
    private const string Vm = "keeper";
    private const string RuntimeVariable = "VMTOOLS_RUNTIME_DIR";

    private Sandbox _sandbox = null!;

    private string OtherRuntime => Path.Combine(_sandbox.Directory, "other");

    public ValueTask InitializeAsync()
    {
        _sandbox = new Sandbox(nameof(InstanceTests));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pid in ProcessTable.With(RuntimeVariable, OtherRuntime))
        {
            ProcessTable.Send(pid, 15);
        }

        await ProcessTable.HaveEndedAsync(ProcessTable.With(RuntimeVariable, OtherRuntime), Speed.Scale(5));
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task A_login_with_another_runtime_directory_finds_the_VM_whether_the_daemon_lives_or_not()
    {
        var vm = await _sandbox.StartVmAsync(Vm);
        foreach (var runtime in new[] { null, OtherRuntime })
        {
            await SeesAsync(vm, runtime);
            ProcessTable.Kill(_sandbox.PidOf("vm_concierge"));
            Assert.Equal("alive\n", (await FromAsync(runtime, "vsh", Vm, "--", "echo", "alive")).Output);
            await SeesAsync(vm, runtime);
        }

        var destroyed = await FromAsync(OtherRuntime, "vmc", "disk", "destroy", "-y", Vm);

        // Stopped as if its own login had asked, and only then destroyed.
        Assert.Equal(0, destroyed.Code);
        Assert.False(ProcessTable.IsAlive(vm.VmmPid));
        Assert.Empty(Disks());
        Assert.Empty(ProcessTable.With(RuntimeVariable, OtherRuntime));
    }

    [Fact]
    public async Task A_disk_in_use_is_kept_by_a_daemon_that_knows_nothing_of_its_VM()
    {
        var vm = await _sandbox.StartVmAsync(Vm);
        ProcessTable.Kill(_sandbox.PidOf("vm_concierge"));
        foreach (var trace in Directory.GetFiles(_sandbox.State, "vm*.json"))
        {
            File.Delete(trace);
        }

        var destroyed = await FromAsync(OtherRuntime, "vmc", "disk", "destroy", "-y", Vm);
        var started = await FromAsync(OtherRuntime, "vmc", "start", Vm);

        Assert.Equal(1, destroyed.Code);
        Assert.Contains($"(pid {vm.VmmPid})", destroyed.Errors, StringComparison.Ordinal);
        Assert.Equal(1, started.Code);
        Assert.Contains($"(pid {vm.VmmPid})", started.Errors, StringComparison.Ordinal);
        Assert.Single(Disks());
        Assert.Equal(0, (await FromAsync(OtherRuntime, "vmc", "daemon", "stop")).Code);
        Assert.Equal("alive\n", (await FromAsync(_sandbox.Runtime, "vsh", Vm, "--", "echo", "alive")).Output);
    }

    [Fact]
    public async Task Daemons_heed_no_signal_but_the_end_and_a_stopped_daemon_leaves_its_VMs()
    {
        var vm = await _sandbox.StartVmAsync(Vm);
        int[] daemons = [_sandbox.PidOf("vm_concierge"), _sandbox.PidOf("vm_cicerone"), _sandbox.PidOf("vmlog_forwarder")];
        foreach (var signal in (int[])[1, 10, 12, 14])
        {
            foreach (var daemon in daemons)
            {
                ProcessTable.Send(daemon, signal);
            }
        }

        using var status = JsonDocument.Parse((await _sandbox.VmcAsync("daemon", "status", "--json")).Output);
        Assert.Equal(daemons[0], status.RootElement.GetProperty("pid").GetInt32());
        Assert.All(daemons, daemon => Assert.True(ProcessTable.IsAlive(daemon)));

        var stopped = await _sandbox.VmcAsync("daemon", "stop");

        Assert.Equal(0, stopped.Code);
        Assert.Contains($"VMs run on: '{Vm}'", stopped.Output, StringComparison.Ordinal);
        Assert.All(daemons, daemon => Assert.False(ProcessTable.IsAlive(daemon)));
        Assert.Equal("alive\n", (await _sandbox.VshAsync(Vm, "--", "echo", "alive")).Output);
        await SeesAsync(vm, _sandbox.Runtime);
    }

    [Fact]
    public async Task An_idle_daemon_ends_with_its_bus_and_clients_that_come_then_are_served()
    {
        _sandbox["VMTOOLS_IDLE_EXIT_S"] = "1";
        Assert.Equal(0, (await _sandbox.VmcAsync("disk", "create", Vm, "--size", "64M")).Code);

        for (var round = 0; round < 20; round++)
        {
            var listed = await _sandbox.VmcAsync("disk", "list");
            Assert.Equal((0, round), (listed.Code, round));
            Assert.Contains(Vm, listed.Output, StringComparison.Ordinal);
            await Task.Delay(TimeSpan.FromMilliseconds(1000 + (round * 50)), Cancel);
        }

        await WaitForAsync(_sandbox, () => _sandbox.Processes.Count == 0);
    }

    private string[] Disks() => Directory.GetFiles(_sandbox.State, "*.img", SearchOption.AllDirectories);

    private async Task SeesAsync(VmFacts vm, string? runtime)
    {
        var listed = await FromAsync(runtime, "vmc", "list");
        Assert.Contains(vm.Name, listed.Output, StringComparison.Ordinal);
        Assert.True(ProcessTable.IsAlive(vm.VmmPid));
        if (runtime == OtherRuntime)
        {
            Assert.Contains(_sandbox.Runtime, listed.Errors, StringComparison.Ordinal);
        }
    }

    /// <summary>Null is a login that has no such variable.</summary>
    private Task<CommandResult> FromAsync(string? runtime, string program, params string[] arguments)
    {
        var command = _sandbox.Command(program, arguments);
        var environment = new Dictionary<string, string>(command.Environment) { [RuntimeVariable] = runtime ?? "" };
        return (command with { Environment = environment }).RunAsync();
    }
}
