using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Vshd.Loop;
using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Protocol.Messages.Vsh;
using Xunit;

namespace VmTools.Unit.Guest.Vshd.Sessions;

public sealed class SessionTableTests : IAsyncLifetime
{
    private readonly FdLoop _loop = new("table test", TimeProvider.System);
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly List<FdHandle> _hosts = [];
    private readonly SessionTable _table;

    public SessionTableTests() =>
        _table = new SessionTable(new SessionHost(_loop, new SessionPolicy(), _reaper, NullLogger.Instance));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _loop.RunAsync(_table.StopAsync).InTime();
        await _loop.DisposeAsync();
        await _reaper.DisposeAsync();
        _hosts.ForEach(host => host.Dispose());
    }

    [Fact]
    public async Task One_connection_more_than_the_limit_is_told_so()
    {
        for (var i = 0; i < SessionTable.MaxSessions; i++)
        {
            await BeginAsync();
        }

        var oneTooMany = await BeginAsync();

        Fd.TryWrite(oneTooMany, [2, 0, 0, 0, 0x40, 1], out _);
        var answer = await ReadBytesAsync(oneTooMany);
        var response = SetupConnectionResponse.Parser.ParseFrom(answer.AsSpan(4));
        Assert.Equal(ConnectionStatus.Failed, response.Status);
        Assert.Contains("64 sessions run in this VM already", response.Description, StringComparison.Ordinal);
        Assert.Equal(SessionTable.MaxSessions, await CountAsync());
    }

    [Fact]
    public async Task Connections_far_beyond_the_limit_are_closed_at_once()
    {
        for (var i = 0; i < SessionTable.MaxSessions + SessionTable.MaxRefusals; i++)
        {
            await BeginAsync();
        }

        var farTooMany = await BeginAsync();

        Assert.Equal(0, await ReadAsync(farTooMany));
    }

    [Fact]
    public async Task A_place_is_free_again_when_a_session_ends()
    {
        var first = await BeginAsync();
        Assert.Equal(1, await CountAsync());

        first.Dispose();

        await Waiting.UntilAsync(() => CountAsync().GetAwaiter().GetResult() == 0);
    }

    [Fact]
    public async Task Stopping_ends_every_session_and_lets_no_more_in()
    {
        var before = await BeginAsync();

        await _loop.RunAsync(_table.StopAsync).InTime();
        var after = await BeginAsync();

        Assert.Equal(0, await ReadAsync(before));
        Assert.Equal(0, await ReadAsync(after));
    }

    private static Task<byte[]> ReadBytesAsync(FdHandle socket) => Task.Run(() =>
    {
        var bytes = new byte[1024];
        Fd.TryRead(socket, bytes, out var count);
        return bytes[..count];
    }).InTime();

    private static Task<int> ReadAsync(FdHandle socket) => Task.Run(() =>
    {
        Fd.TryRead(socket, new byte[16], out var count);
        return count;
    }).InTime();

    private async Task<FdHandle> BeginAsync()
    {
        var (near, far) = UnixSocket.Pair();
        Fd.SetNonBlocking(near, true);
        _hosts.Add(far);
        await _loop.RunAsync(() =>
        {
            _table.Begin(near);
            return Task.CompletedTask;
        });
        return far;
    }

    private async Task<int> CountAsync()
    {
        var count = 0;
        await _loop.RunAsync(() =>
        {
            count = _table.Count;
            return Task.CompletedTask;
        });
        return count;
    }
}
