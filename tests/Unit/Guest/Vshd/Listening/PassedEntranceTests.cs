using VmTools.Guest.Vshd.HandOver;
using VmTools.Guest.Vshd.Listening;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Sockets;
using VmTools.Unit.Guest.Vshd.HandOver;
using Xunit;

namespace VmTools.Unit.Guest.Vshd.Listening;

/// <summary>What a container's shell server makes of senders unlike the VM's: it closes all they brought, and goes on.</summary>
public sealed class PassedEntranceTests : IDisposable
{
    private readonly (FdHandle Host, FdHandle Passed) _connection = UnixSocket.Pair();

    public void Dispose()
    {
        _connection.Host.Dispose();
        _connection.Passed.Dispose();
    }

    [Fact]
    public async Task Another_user_or_a_process_of_the_container_is_closed_unread()
    {
        var own = ContainerShells.ThisProcess;
        await using var otherUser = new ContainerShells(own with { Uid = own.Uid + 1 });
        await using var inside = new ContainerShells(own with { Pid = 0 });

        Assert.True(await IsClosedAsync(otherUser, socket => Send(socket, [1, 2, 3], _connection.Passed)));
        Assert.True(await IsClosedAsync(inside, socket => Send(socket, [1, 2, 3], _connection.Passed)));
        Assert.True(await IsHostClosedAsync());
    }

    [Fact]
    public async Task Bytes_without_a_connection_are_refused()
    {
        await using var container = new ContainerShells();

        Assert.True(await IsClosedAsync(container, socket => Send(socket, [1, 2, 3])));
        Assert.Equal(0, container.Sessions.Count);
    }

    [Fact]
    public async Task Two_connections_are_refused_and_both_closed()
    {
        await using var container = new ContainerShells();

        Assert.True(await IsClosedAsync(container, socket => Send(socket, [1, 2, 3], _connection.Passed, _connection.Passed)));
        Assert.True(await IsHostClosedAsync());
    }

    [Fact]
    public async Task A_descriptor_that_is_no_socket_is_refused()
    {
        await using var container = new ContainerShells();
        var (read, write) = Pipe.Create();

        Assert.True(await IsClosedAsync(container, socket => Send(socket, [1, 2, 3], read)));
        read.Dispose();
        write.Dispose();
    }

    [Fact]
    public async Task More_bytes_than_a_request_has_are_refused()
    {
        await using var container = new ContainerShells();

        Assert.True(await IsClosedAsync(
            container, socket => Send(socket, new byte[HandOverMessage.MaxBytes + 1], _connection.Passed), isOver: false));
        Assert.True(await IsHostClosedAsync());
    }

    [Fact]
    public async Task A_sender_that_does_not_come_to_its_end_is_closed_when_its_time_is_over()
    {
        await using var container = new ContainerShells(limit: TimeSpan.FromMilliseconds(100));

        Assert.True(await IsClosedAsync(container, socket => Send(socket, [1], _connection.Passed), isOver: false));
        Assert.True(await IsHostClosedAsync());
    }

    [Fact]
    public async Task Senders_beyond_the_limit_are_closed_at_once()
    {
        await using var container = new ContainerShells(limit: TimeSpan.FromSeconds(1));
        var silent = Enumerable.Range(0, PassedEntrance.MaxWaiting).Select(_ => UnixSocket.Connect(container.SocketPath)).ToList();

        Assert.True(await IsClosedAsync(container, _ => { }, isOver: false));
        silent.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Bytes_that_are_no_request_end_the_connection_that_brought_them()
    {
        await using var container = new ContainerShells();

        using (var socket = UnixSocket.Connect(container.SocketPath))
        {
            Send(socket, [255, 255, 255, 255, 1], _connection.Passed);
        }

        Assert.True(await IsHostClosedAsync());
    }

    private static void Send(FdHandle socket, byte[] bytes, params FdHandle[] fds) =>
        _ = UnixSocket.TrySendWithFds(socket, bytes, fds, out _);

    private static async Task<bool> IsClosedAsync(ContainerShells container, Action<FdHandle> send, bool isOver = true)
    {
        using var socket = UnixSocket.Connect(container.SocketPath);
        send(socket);
        if (isOver)
        {
            UnixSocket.Shutdown(socket, System.Net.Sockets.SocketShutdown.Send);
        }

        return await EndsAsync(socket);
    }

    /// <summary>Whether nothing in the container holds the connection that was passed.</summary>
    private async Task<bool> IsHostClosedAsync()
    {
        _connection.Passed.Dispose();
        return await EndsAsync(_connection.Host);
    }

    /// <summary>What was sent and never read comes back as a reset.</summary>
    private static Task<bool> EndsAsync(FdHandle socket) => Task.Run(() =>
        Fd.TryRead(socket, new byte[64], out var count) is Errno.ECONNRESET || count == 0).InTime();
}
