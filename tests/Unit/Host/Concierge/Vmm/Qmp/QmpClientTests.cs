using System.Net.Sockets;
using System.Text;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vmm.Qmp;
using VmTools.Host.HostFacts;
using VmTools.Host.Programs;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vmm.Qmp;

public sealed class QmpClientTests : IAsyncDisposable
{
    private const string Greeting = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\n";
    private const string Done = "{\"return\": {}}\n";

    private readonly NetworkStream _qemu;
    private readonly NetworkStream _ours;

    public QmpClientTests()
    {
        var (one, two) = UnixSocket.Pair();
        (_qemu, _ours) = (
            new NetworkStream(AsyncSocket.Own(one), ownsSocket: true), new NetworkStream(AsyncSocket.Own(two), ownsSocket: true));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_command_is_answered_past_events_which_are_kept()
    {
        Say(Greeting + Done + "{\"event\": \"STOP\"}\n"
            + "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true}}\n{\"return\": {\"running\": false}}\n");
        await using var client = await QmpClient.StartAsync(_ours, Cancel);

        var status = await client.ExecuteAsync("query-status", Cancel);

        Assert.False(status.GetProperty("running").GetBoolean());
        Assert.Equal("STOP", (await client.NextEventAsync(Cancel)).Text);
        Assert.True((await client.NextEventAsync(Cancel)).Body.GetProperty("guest").GetBoolean());
        Assert.Equal("{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"query-status\"}\n", await HeardAsync());
    }

    [Fact]
    public async Task An_answer_may_come_in_pieces()
    {
        var starting = QmpClient.StartAsync(_ours, Cancel);
        foreach (var one in Greeting + Done)
        {
            Say(one.ToString());
            await Task.Yield();
        }

        await using var client = await starting;
    }

    [Fact]
    public async Task A_refusal_carries_the_sentence()
    {
        Say(Greeting + Done + "{\"error\": {\"class\": \"GenericError\", \"desc\": \"It cannot.\"}}\n");
        await using var client = await QmpClient.StartAsync(_ours, Cancel);

        var error = await Assert.ThrowsAsync<VmToolsException>(() => client.ExecuteAsync("cont", Cancel));

        Assert.Equal((ErrorKind.FailedPrecondition, "QEMU refused the command 'cont': It cannot."), (error.Kind, error.Message));
    }

    [Theory]
    [InlineData("nonsense\n", "not QMP")]
    [InlineData("\n", "not QMP")]
    [InlineData(Done, "without a greeting")]
    [InlineData(Greeting + Greeting, "greeted twice")]
    public async Task What_breaks_the_protocol_ends_the_conversation(string said, string told)
    {
        Say(said);

        var error = await Assert.ThrowsAsync<VmToolsException>(() => QmpClient.StartAsync(_ours, Cancel));

        Assert.Equal(ErrorKind.Internal, error.Kind);
        Assert.Contains(told, error.Message);
    }

    [Fact]
    public async Task A_line_without_end_is_cut_off()
    {
        var starting = QmpClient.StartAsync(_ours, Cancel);
        await _qemu.WriteAsync(new byte[QmpClient.MaxLineBytes], Cancel);

        Assert.Contains("more than 65536 bytes", (await Assert.ThrowsAsync<VmToolsException>(() => starting)).Message);
    }

    [Fact]
    public async Task Events_without_end_take_no_more_memory_and_the_newest_stay()
    {
        var many = string.Concat(Enumerable.Range(0, 1000).Select(i => $"{{\"event\": \"E{i}\"}}\n"));
        var starting = QmpClient.StartAsync(_ours, Cancel);
        await _qemu.WriteAsync(Encoding.UTF8.GetBytes(Greeting + many + Done), Cancel);
        await using var client = await starting;

        Assert.Equal("E744", (await client.NextEventAsync(Cancel)).Text);
    }

    [Fact]
    public async Task A_QEMU_that_goes_away_or_says_nothing_is_the_callers_error()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => QmpClient.StartAsync(_ours, patience.Token));

        var (one, two) = UnixSocket.Pair();
        one.Dispose();
        var gone = await Assert.ThrowsAsync<VmToolsException>(
            () => QmpClient.StartAsync(new NetworkStream(AsyncSocket.Own(two), ownsSocket: true), Cancel));
        Assert.Equal(ErrorKind.Unavailable, gone.Kind);
        var never = await Assert.ThrowsAsync<VmToolsException>(() => QmpClient.ConnectAsync("/nowhere/qmp", Cancel));
        Assert.Equal(ErrorKind.Unavailable, never.Kind);
    }

    [Fact]
    public async Task A_QEMU_that_ends_before_it_answers_has_done_what_quit_asked()
    {
        var directory = Directory.CreateTempSubdirectory("vmt");
        var path = Path.Combine(directory.FullName, "qmp");
        using var listener = UnixSocket.Listen(path, 1, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var quitting = new QemuVmm(new VmmChoice(VmmChoice.Qemu, "qemu", new AcceleratorChoice(Accelerator.Tcg, "")))
            .QuitAsync(path, Cancel);
        Assert.Equal(Errno.None, UnixSocket.TryAccept(listener, out var accepted));
        using (var qemu = AsyncSocket.Own(accepted!))
        {
            await qemu.SendAsync(Encoding.UTF8.GetBytes(Greeting + Done), Cancel);
            var heard = "";
            var buffer = new byte[256];
            while (!heard.Contains("quit", StringComparison.Ordinal))
            {
                heard += Encoding.UTF8.GetString(buffer, 0, await qemu.ReceiveAsync(buffer, Cancel));
            }
        }

        await quitting;
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_real_QEMU_is_paused_resumed_and_ended()
    {
        var qemu = HostProgram.Qemu.TryFind(Environment.GetEnvironmentVariable);
        Assert.SkipWhen(qemu is null, "QEMU is not installed.");
        var directory = Directory.CreateTempSubdirectory("vmt");
        await using var reaper = Reaper.ForChildren();
        var socket = Path.Combine(directory.FullName, "qmp");
        using var listener = UnixSocket.Listen(socket, 1, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string[] arguments =
        [
            qemu!, "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny", "-machine", "none",
            "-nodefaults", "-no-user-config", "-display", "none", "-chardev", "socket,id=qmp,fd=3,server=on,wait=off", "-mon",
                "chardev=qmp,mode=control",
        ];
        var child = ChildProcess.Spawn(new SpawnRequest(qemu!, arguments) { PassFds = [listener] }, reaper);
        var vmm = new QemuVmm(new VmmChoice(VmmChoice.Qemu, qemu!, new AcceleratorChoice(Accelerator.Tcg, "")));

        await vmm.PauseAsync(socket, Cancel);
        Assert.Equal("paused", await StatusAsync(socket));
        await vmm.ResumeAsync(socket, Cancel);
        Assert.Equal("running", await StatusAsync(socket));
        await vmm.QuitAsync(socket, Cancel);

        Assert.Equal(0, (await child.Exited.WaitAsync(Cancel)).Code);
        directory.Delete(recursive: true);
    }

    public async ValueTask DisposeAsync()
    {
        await _qemu.DisposeAsync();
        await _ours.DisposeAsync();
    }

    private static async Task<string?> StatusAsync(string socket)
    {
        await using var client = await QmpClient.ConnectAsync(socket, Cancel);
        return (await client.ExecuteAsync("query-status", Cancel)).GetProperty("status").GetString();
    }

    private void Say(string text) => _qemu.Write(Encoding.UTF8.GetBytes(text));

    private async Task<string> HeardAsync()
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, await _qemu.ReadAsync(buffer, Cancel));
    }
}
