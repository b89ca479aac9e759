using System.Net.Sockets;
using System.Text;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vmm.Qmp;
using VmTools.Linux.Sockets;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vmm;

/// <summary>QEMU's events and states, as QEMU 7.2 words them, and as something that has taken it over might.</summary>
public sealed class QmpMonitorTests : IAsyncDisposable
{
    private readonly NetworkStream _qemu;
    private readonly NetworkStream _ours;

    public QmpMonitorTests()
    {
        var (one, two) = UnixSocket.Pair();
        (_qemu, _ours) = (
            new NetworkStream(AsyncSocket.Own(one), ownsSocket: true), new NetworkStream(AsyncSocket.Own(two), ownsSocket: true));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_guest_that_runs_has_no_pause()
    {
        await using var monitor = await ConnectAsync("""{"return": {"status": "running", "running": true}}""");

        Assert.Null(await monitor.PauseAsync(Cancel));
    }

    [Fact]
    public async Task A_full_disk_is_named_by_the_state_of_the_disks()
    {
        await using var monitor = await ConnectAsync(
            """{"return": {"status": "io-error", "running": false}}""",
            """{"return": [{"io-status": "ok", "inserted": {"file": "/a"}}, {"io-status": "nospace", "inserted": {"file": "/b"}}]}""");

        Assert.Equal(new VmmPause(VmmPauseCause.DiskFull, "/b"), await monitor.PauseAsync(Cancel));
    }

    [Theory]
    [InlineData("""{"return": [{"io-status": "failed", "inserted": {"file": "/a"}}]}""", "/a")]
    [InlineData("""{"return": [{"io-status": "failed"}, 7, null]}""", null)]
    [InlineData("""{"return": []}""", null)]
    public async Task Another_error_is_told_as_such(string disks, string? file)
    {
        await using var monitor = await ConnectAsync("""{"return": {"status": "io-error"}}""", disks);

        Assert.Equal(new VmmPause(VmmPauseCause.DiskError, file), await monitor.PauseAsync(Cancel));
    }

    [Theory]
    [InlineData("paused", "Asked", "")]
    [InlineData("internal-error", "Other", "internal-error")]
    public async Task Other_reasons_keep_their_word(string status, string cause, string detail)
    {
        await using var monitor = await ConnectAsync($$$"""{"return": {"status": "{{{status}}}"}}""");

        var pause = await monitor.PauseAsync(Cancel);
        Assert.Equal((cause, detail), (pause!.Cause.ToString(), pause.Detail));
    }

    [Fact]
    public async Task Events_are_told_in_their_order()
    {
        await using var monitor = await ConnectAsync(
            """{"event": "BLOCK_IO_ERROR", "data": {"operation": "write", "node-name": "disk1", "reason": "No space left on device", "nospace": true}}""",
            """{"event": "STOP"}""",
            """{"event": "RESUME"}""",
            """{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}}""",
            """{"event": "RTC_CHANGE", "data": 5}""");

        Assert.Equal(new VmmEvent(VmmEventKind.DiskError, "write of disk1: No space left on device"), await monitor.NextEventAsync(Cancel));
        Assert.Equal(VmmEventKind.Stopped, (await monitor.NextEventAsync(Cancel)).Kind);
        Assert.Equal(VmmEventKind.Resumed, (await monitor.NextEventAsync(Cancel)).Kind);
        Assert.Equal(new VmmEvent(VmmEventKind.ShuttingDown, "guest-shutdown"), await monitor.NextEventAsync(Cancel));
        Assert.Equal(VmmEventKind.Other, (await monitor.NextEventAsync(Cancel)).Kind);
    }

    public async ValueTask DisposeAsync()
    {
        await _qemu.DisposeAsync();
        await _ours.DisposeAsync();
    }

    private async Task<QmpMonitor> ConnectAsync(params string[] lines)
    {
        _qemu.Write(Encoding.UTF8.GetBytes(string.Join('\n', ["""{"QMP": {}}""", """{"return": {}}""", .. lines, ""])));
        return new QmpMonitor(await QmpClient.StartAsync(_ours, Cancel));
    }
}
