using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Supervision;

public sealed class SupervisorTests : IAsyncLifetime
{
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly List<string> _failures = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("vmtools-supervisor").FullName;
    private readonly Supervisor _supervisor;

    public SupervisorTests() =>
        _supervisor = new Supervisor(
            _reaper,
            new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["COLOUR"] = "blue" },
            name =>
            {
                lock (_failures)
                {
                    _failures.Add(name);
                }
            },
            TimeProvider.System,
            NullLogger.Instance);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _supervisor.DisposeAsync();
        await _reaper.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_program_that_is_waited_for_answers_with_its_exit_status() =>
        Assert.Equal(new LaunchOutcome(LaunchState.Exited, 3), await LaunchAsync(Script("exit 3") with { WaitForExit = true }));

    [Fact]
    public async Task A_killed_program_answers_with_the_signal() =>
        Assert.Equal(new LaunchOutcome(LaunchState.Signaled, 9), await LaunchAsync(Script("kill -9 $$") with { WaitForExit = true }));

    [Fact]
    public async Task A_program_that_is_not_waited_for_is_launched() =>
        Assert.Equal(new LaunchOutcome(LaunchState.Launched), await LaunchAsync(Script("exit 3")));

    [Fact]
    public async Task A_program_that_does_not_exist_has_failed() =>
        Assert.Equal(new LaunchOutcome(LaunchState.Failed), await LaunchAsync(new LaunchSpec { Arguments = ["no-such-program"] }));

    [Fact]
    public async Task The_order_s_variables_are_added_to_the_common_ones()
    {
        var spec = Script($"echo $COLOUR $SHAPE > {_directory}/out") with
        {
            WaitForExit = true,
            Environment = new Dictionary<string, string> { ["SHAPE"] = "round" },
        };

        await LaunchAsync(spec);

        Assert.Equal("blue round\n", await File.ReadAllTextAsync($"{_directory}/out", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_child_leads_its_own_session_and_creates_files_others_may_not_write()
    {
        var script = Script($"touch {_directory}/made; ps -o sid= -p $$ > {_directory}/sid; echo $$ >> {_directory}/sid");
        await LaunchAsync(script with { WaitForExit = true });

        var lines = await File.ReadAllLinesAsync($"{_directory}/sid", TestContext.Current.CancellationToken);
        Assert.Equal(lines[0].Trim(), lines[1]);
        Assert.Equal((UnixFileMode)0x1A4, File.GetUnixFileMode($"{_directory}/made"));
    }

    [Fact]
    public async Task A_program_that_is_to_stay_is_started_ten_times_and_no_more()
    {
        await LaunchAsync(Script($"echo x >> {_directory}/lives") with { Respawn = true });

        await Waiting.UntilAsync(() => Failures() == 10);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Equal(10, File.ReadAllLines($"{_directory}/lives").Length);
        Assert.Equal(10, Failures());
        Assert.All(_failures, name => Assert.Equal("sh", name));
    }

    [Fact]
    public async Task A_running_program_is_found_by_its_first_argument()
    {
        await LaunchAsync(new LaunchSpec { Program = "/bin/sleep", Arguments = ["tremplin", "60"] });

        var child = _supervisor.Find("tremplin");

        Assert.NotNull(child);
        child.Signal(Signal.Kill);
        await child.Exited.InTime();
    }

    [Fact]
    public async Task Once_the_machine_goes_down_nothing_is_started()
    {
        _supervisor.StopStarting();

        Assert.Equal(LaunchState.Failed, (await LaunchAsync(Script("exit 0"))).State);
    }

    [Fact]
    public async Task Giving_up_the_wait_leaves_the_program_running()
    {
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        var spec = Script("exec sleep 60") with { WaitForExit = true };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _supervisor.LaunchAsync(spec, impatient.Token));

        var child = _supervisor.Find("/bin/sh");
        Assert.NotNull(child);
        Assert.False(child.Exited.IsCompleted);
        child.Signal(Signal.Kill);
        await child.Exited.InTime();
    }

    private static LaunchSpec Script(string script) => new() { Arguments = ["/bin/sh", "-c", script] };

    private Task<LaunchOutcome> LaunchAsync(LaunchSpec spec) =>
        _supervisor.LaunchAsync(spec, TestContext.Current.CancellationToken).InTime();

    private int Failures()
    {
        lock (_failures)
        {
            return _failures.Count;
        }
    }
}
