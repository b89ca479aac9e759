using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>Starting and stopping leaves nothing behind, however often.</summary>
public sealed class LifecycleTests : MachineTests, IAsyncLifetime
{
    private const int Rounds = 20;

    private Sandbox _sandbox = null!;

    public ValueTask InitializeAsync()
    {
        _sandbox = new Sandbox(nameof(LifecycleTests));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task Twenty_starts_and_stops_leave_processes_descriptors_and_files_as_they_were()
    {
        await StartAndStopAsync();
        var daemon = _sandbox.PidOf("vm_concierge");
        var processes = _sandbox.Processes.Order().ToArray();
        var files = FilesButKeptLogs();
        var descriptors = await SettledDescriptorsAsync(daemon, int.MaxValue);

        for (var round = 0; round < Rounds; round++)
        {
            await StartAndStopAsync();
        }

        Assert.Equal(processes, _sandbox.Processes.Order());
        Assert.Equal(files, FilesButKeptLogs());
        Assert.True(
            await SettledDescriptorsAsync(daemon, descriptors) <= descriptors,
            $"The daemon had {descriptors} open files before and has {ProcessTable.OpenFiles(daemon)} now.");
    }

    [Fact]
    public async Task A_stopped_machine_keeps_its_disk_and_list_shows_what_runs()
    {
        await _sandbox.StartVmAsync("keeper");
        await _sandbox.InGuestAsync("keeper", "echo remembered > /mnt/stateful/note");
        Assert.Contains("keeper", (await _sandbox.VmcAsync("list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await _sandbox.VmcAsync("stop", "keeper")).Code);

        await _sandbox.StartVmAsync("keeper");

        Assert.Equal("remembered\n", await _sandbox.InGuestAsync("keeper", "cat /mnt/stateful/note"));
    }

    /// <summary>An agent that sleeps must wake for its host, however long it slept.</summary>
    [Fact]
    public async Task Machines_that_were_idle_stop_at_once_and_cleanly()
    {
        int[] idle = [5, 12, 15, 30, 60];
        await Task.WhenAll(idle.Select(seconds => _sandbox.StartVmAsync($"idle{seconds}")));
        var since = TimeProvider.System.GetTimestamp();
        foreach (var seconds in idle)
        {
            await Task.Delay(
                TimeSpan.FromSeconds(seconds) - Min(TimeProvider.System.GetElapsedTime(since), TimeSpan.FromSeconds(seconds)), Cancel);
            var stop = await _sandbox.VmcAsync("stop", $"idle{seconds}");

            Assert.True(stop.Code == 0 && !stop.Errors.Contains("did not", StringComparison.Ordinal), stop.ToString());
            Assert.True(stop.Took < Speed.Scale(2), $"After {seconds} idle seconds the stop took {stop.Took.TotalSeconds:0.0} s.\n{stop}");
        }

        await Task.WhenAll(idle.Select(seconds => _sandbox.StartVmAsync($"idle{seconds}")));
        foreach (var seconds in idle)
        {
            Assert.DoesNotContain(
                "recover", await _sandbox.InGuestAsync($"idle{seconds}", "dmesg | grep EXT4-fs"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Starts_at_one_time_and_a_start_during_a_stop_are_true_to_their_word()
    {
        var starts = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _sandbox.VmcAsync("start", "shared")));

        var cid = _sandbox.Vm("shared").Cid;
        Assert.All(starts, start => Assert.True(start.Code == 0, start.ToString()));
        Assert.All(starts, start => Assert.Contains($"(CID {cid}", start.Output, StringComparison.Ordinal));

        var stop = _sandbox.VmcAsync("stop", "shared");
        await WaitForAsync(
            _sandbox, async () =>
            stop.IsCompleted || (await _sandbox.VmcAsync("list")).Output.Contains("stopping", StringComparison.Ordinal));
        var again = await _sandbox.VmcAsync("start", "shared");

        Assert.Equal(0, (await stop).Code);
        Assert.True(again.Code == 0, again.ToString());
        Assert.Contains($"(CID {_sandbox.Vm("shared").Cid}", again.Output, StringComparison.Ordinal);
        Assert.Equal("up\n", await _sandbox.InGuestAsync("shared", "echo up"));
    }

    [Fact]
    public async Task What_a_guest_says_just_before_it_is_stopped_is_in_its_log()
    {
        await _sandbox.StartVmAsync("brief");
        await _sandbox.InGuestAsync("brief", "logger -t last sent; echo printed > /dev/console");

        Assert.Equal(0, (await _sandbox.VmcAsync("stop", "brief")).Code);

        var log = (await _sandbox.VmcAsync("logs", "brief")).Output;
        Assert.Contains("last: sent", log, StringComparison.Ordinal);
        Assert.Contains("printed", log, StringComparison.Ordinal);
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>A VM's logs outlive it and grow with each run; how far is the log's to limit.</summary>
    private string[] FilesButKeptLogs() =>
        [.. _sandbox.Files()
        .Where(path => !path.Contains("/log/", StringComparison.Ordinal) && !path.EndsWith(".ending", StringComparison.Ordinal))];

    private async Task StartAndStopAsync()
    {
        await _sandbox.StartVmAsync("again");
        Assert.Equal("up\n", await _sandbox.InGuestAsync("again", "echo up"));
        var stop = await _sandbox.VmcAsync("stop", "again");
        Assert.True(stop.Code == 0, stop.ToString());
    }

    /// <summary>A connection that was closed a moment ago may still be counted.</summary>
    private static async Task<int> SettledDescriptorsAsync(int pid, int wanted)
    {
        await Task.Delay(1000, Cancel);
        for (var i = 0; i < 20 && ProcessTable.OpenFiles(pid) > wanted; i++)
        {
            await Task.Delay(100, Cancel);
        }

        return ProcessTable.OpenFiles(pid);
    }
}
