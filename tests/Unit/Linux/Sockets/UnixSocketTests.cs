using System.Net.Sockets;
using System.Text;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using Xunit;

namespace VmTools.Unit.Linux.Sockets;

public sealed class UnixSocketTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void A_connection_is_accepted_and_its_peer_is_known()
    {
        using var listener = UnixSocket.Listen(_directory.File("s"), 4, Private);
        using var client = UnixSocket.Connect(_directory.File("s"));

        Assert.Equal(Errno.None, UnixSocket.TryAccept(listener, out var accepted));
        using var server = accepted!;

        var peer = UnixSocket.PeerOf(server);
        Assert.Equal(Environment.ProcessId, peer.Pid);
        Assert.Equal(Private, File.GetUnixFileMode(_directory.File("s")));
    }

    [Fact]
    public void Nobody_in_the_backlog_is_EAGAIN()
    {
        using var listener = UnixSocket.Listen(_directory.File("s"), 4, Private);

        Assert.Equal(Errno.EAGAIN, UnixSocket.TryAccept(listener, out var socket));
        Assert.Null(socket);
    }

    [Fact]
    public void Connecting_tells_why_it_cannot()
    {
        UnixSocket.Listen(_directory.File("dead"), 4, Private).Dispose();
        using var full = UnixSocket.Listen(_directory.File("full"), 0, Private);
        using var taken = UnixSocket.Connect(_directory.File("full"));

        // A child that another test is just forking holds the dead listener until it runs its program.
        Assert.True(SpinWait.SpinUntil(
            () => UnixSocket.TryConnect(_directory.File("dead"), out _) == Errno.ECONNREFUSED, TimeSpan.FromSeconds(30)));
        Assert.Equal(Errno.ENOENT, UnixSocket.TryConnect(_directory.File("none"), out _));
        Assert.Equal(Errno.EAGAIN, UnixSocket.TryConnect(_directory.File("full"), out var socket));
        Assert.Null(socket);
    }

    [Fact]
    public void A_stale_socket_is_replaced()
    {
        UnixSocket.Listen(_directory.File("s"), 4, Private).Dispose();

        using var listener = UnixSocket.Listen(_directory.File("s"), 4, Private);

        UnixSocket.Connect(_directory.File("s")).Dispose();
    }

    [Fact]
    public void A_socket_that_is_served_is_not_taken_away()
    {
        using var listener = UnixSocket.Listen(_directory.File("s"), 4, Private);

        var error = Assert.Throws<LinuxException>(() => UnixSocket.Listen(_directory.File("s"), 4, Private));

        Assert.Equal(Errno.EADDRINUSE, error.Errno);
        UnixSocket.Connect(_directory.File("s")).Dispose();
    }

    [Fact]
    public void A_file_in_the_place_of_a_socket_is_left_alone()
    {
        File.WriteAllText(_directory.File("s"), "precious");

        var error = Assert.Throws<LinuxException>(() => UnixSocket.Listen(_directory.File("s"), 4, Private));

        Assert.Equal(Errno.EADDRINUSE, error.Errno);
        Assert.Equal("precious", File.ReadAllText(_directory.File("s")));
    }

    [Fact]
    public void The_longest_path_works_and_one_more_byte_names_the_limit()
    {
        var longest = _directory.File(new string('x', UnixSocket.MaxPathBytes - _directory.Path.Length - 1));
        UnixSocket.Listen(longest, 1, Private).Dispose();

        var error = Assert.Throws<LinuxException>(() => UnixSocket.Listen(longest + "x", 1, Private));

        Assert.Equal(Errno.ENAMETOOLONG, error.Errno);
        Assert.Contains("107", error.Message);
        Assert.Throws<LinuxException>(() => UnixSocket.TryConnect(longest + "x", out _));
    }

    [Fact]
    public void Peeked_bytes_stay()
    {
        var (one, two) = UnixSocket.Pair();
        using var first = one;
        using var second = two;
        UnixSocket.TrySend(one, "abc"u8, out _);
        var buffer = new byte[8];

        Assert.Equal(Errno.None, UnixSocket.TryPeek(two, buffer, out var peeked));
        Assert.Equal(Errno.None, Fd.TryRead(two, buffer, out var read));

        Assert.Equal((3, 3), (peeked, read));
    }

    [Fact]
    public void A_half_close_ends_one_direction_and_may_be_repeated()
    {
        var (one, two) = UnixSocket.Pair();
        using var first = one;
        using var second = two;

        UnixSocket.Shutdown(one, SocketShutdown.Send);
        UnixSocket.Shutdown(one, SocketShutdown.Send);

        Assert.Equal(Errno.None, Fd.TryRead(two, new byte[1], out var count));
        Assert.Equal(0, count);
        Assert.Equal(Errno.None, UnixSocket.TrySend(two, "still"u8, out _));
    }

    [Fact]
    public async Task The_runtime_can_take_a_connection_over()
    {
        var (one, two) = UnixSocket.Pair();
        using var mine = AsyncSocket.Own(one);
        using var theirs = AsyncSocket.Own(two);
        var buffer = new byte[8];

        var receiving = theirs.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        await mine.SendAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, await receiving));
        Assert.True(one.IsClosed);
    }

    public void Dispose() => _directory.Dispose();
}
