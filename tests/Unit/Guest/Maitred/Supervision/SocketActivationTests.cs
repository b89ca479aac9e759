using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Supervision;

public sealed class SocketActivationTests : IAsyncLifetime
{
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly TaskCompletionSource _quiet = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("vmtools-activation").FullName;
    private readonly Supervisor _supervisor;

    public SocketActivationTests() => _supervisor = new Supervisor(
        _reaper, new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" }, _ => { }, TimeProvider.System, NullLogger.Instance);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        Program?.Signal(Signal.Kill);
        await _supervisor.DisposeAsync();
        await _reaper.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task While_nobody_comes_and_the_machine_is_busy_nothing_is_started()
    {
        await Activate().DisposeAsync();

        Assert.Null(Program);
    }

    [Fact]
    public async Task The_first_connection_starts_the_program()
    {
        await using var activation = Activate();

        using var caller = UnixSocket.Connect(SocketPath);

        await Waiting.UntilAsync(() => Program is not null);
    }

    [Fact]
    public async Task A_quiet_machine_starts_the_program_though_nobody_came()
    {
        await using var activation = Activate();

        _quiet.SetResult();

        await Waiting.UntilAsync(() => Program is not null);
    }

    [Fact]
    public async Task The_program_has_the_socket_as_descriptor_3()
    {
        await using var activation = Activate();

        using var caller = UnixSocket.Connect(SocketPath);

        await Waiting.UntilAsync(() => Starts().Count > 0);
        Assert.StartsWith("socket:", Starts()[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quiet_moment_that_is_not_to_come_starts_nothing()
    {
        await using (Activate())
        {
            _quiet.SetCanceled(TestContext.Current.CancellationToken);
        }

        Assert.Null(Program);
    }

    [Fact]
    public async Task Once_it_is_disposed_nobody_is_taken_in()
    {
        await Activate().DisposeAsync();

        // A child that another test is just forking holds the socket until it runs its program.
        await Waiting.UntilAsync(() => UnixSocket.TryConnect(SocketPath, out _) == Errno.ECONNREFUSED);
    }

    [Fact]
    public async Task The_program_is_started_again_without_another_connection()
    {
        await using var activation = Activate("exit 1");

        using var caller = UnixSocket.Connect(SocketPath);

        await Waiting.UntilAsync(() => Starts().Count > 1);
    }

    [Fact]
    public async Task A_program_that_runs_is_started_again_though_the_activation_has_gone()
    {
        await using (Activate($"while [ -d {_directory} ] && ! [ -e {_directory}/end ]; do sleep 0.05; done"))
        {
            _quiet.SetResult();
            await Waiting.UntilAsync(() => Starts().Count > 0);
        }

        await File.WriteAllTextAsync($"{_directory}/end", "", TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => Starts().Count > 1);
    }

    private string SocketPath => Path.Combine(_directory, "socket");

    /// <summary>Null before the program is started, and after its end.</summary>
    private ChildProcess? Program => _supervisor.Find("/bin/sh");

    private SocketActivation Activate(string afterwards = "exec sleep 600")
    {
        var script = $"readlink /proc/self/fd/3 >>{_directory}/starts; {afterwards}";
        var spec = new LaunchSpec { Arguments = ["/bin/sh", "-c", script], Respawn = true };
        var socket = UnixSocket.Listen(SocketPath, 1, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new SocketActivation(socket, spec, _supervisor, _quiet.Task);
    }

    /// <summary>What each started program says its descriptor 3 is.</summary>
    private List<string> Starts() =>
        File.Exists($"{_directory}/starts") ? [.. File.ReadAllLines($"{_directory}/starts")] : [];
}
