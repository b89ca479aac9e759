using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Libc;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;
using Xunit;

namespace VmTools.Unit.Linux.Sockets;

public sealed class FdPassingTests : IDisposable
{
    private readonly FdHandle _one;
    private readonly FdHandle _two;
    private readonly List<FdHandle> _received = [];
    private readonly byte[] _buffer = new byte[64];

    public FdPassingTests() => (_one, _two) = UnixSocket.Pair();

    [Fact]
    public void Fds_arrive_in_order_usable_and_close_on_exec()
    {
        using var counter = new EventFd();
        using var file = FdHandle.Open("/dev/null", OpenFlags.ReadWrite);

        Assert.Equal(Errno.None, UnixSocket.TrySendWithFds(_one, "hi"u8, [counter.Handle, file], out var sent));
        Assert.Equal(Errno.None, UnixSocket.TryReceiveWithFds(_two, _buffer, _received, out var count, out var truncated));

        Assert.Equal((2, 2, 2, false), (sent, count, _received.Count, truncated));
        Assert.Equal(FileKind.CharacterDevice, Fd.KindOf(_received[1]));
        Assert.All(_received, fd => Assert.Equal(Native.FdCloexec, Native.Fcntl(fd, Native.FcntlGetFdFlags, 0)));
        EventFd.From(_received[0]).Signal();
        Assert.True(counter.TryConsume(out _));
    }

    [Fact]
    public void Bytes_alone_bring_no_fds()
    {
        UnixSocket.TrySendWithFds(_one, "hi"u8, [], out _);

        Assert.Equal(Errno.None, UnixSocket.TryReceiveWithFds(_two, _buffer, _received, out var count, out var truncated));

        Assert.Equal((2, 0, false), (count, _received.Count, truncated));
    }

    [Fact]
    public void The_most_that_the_kernel_passes_at_once_arrives_whole()
    {
        using var file = FdHandle.Open("/dev/null", OpenFlags.ReadWrite);
        var many = Enumerable.Repeat(file, Native.MaxPassedFds).ToArray();

        Assert.Equal(Errno.None, UnixSocket.TrySendWithFds(_one, "x"u8, many, out _));
        Assert.Equal(Errno.None, UnixSocket.TryReceiveWithFds(_two, _buffer, _received, out _, out var truncated));

        Assert.False(truncated);
        Assert.Equal(Native.MaxPassedFds, _received.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => UnixSocket.TrySendWithFds(_one, "x"u8, [.. many, file], out _));
    }

    [Fact]
    public void A_set_that_the_kernel_cut_short_is_closed_as_a_whole()
    {
        var (read, write) = Pipe.Create();
        using var end = read;
        UnixSocket.TrySendWithFds(_one, "x"u8, [write, write, write, write], out _);
        write.Dispose();

        // Room for two fds instead of all: what the kernel does to the rest is the same as on a full table.
        var control = new byte[16 + (2 * sizeof(int))];
        var outcome = FdPassing.TryReceive(_two, _buffer, control, _received, out _, out var truncated);

        Assert.Equal((Errno.None, true), (outcome, truncated));
        Assert.Empty(_received);
        Assert.Equal(Errno.None, Fd.TryRead(read, _buffer, out var count));
        Assert.Equal(0, count);
    }

    [Fact]
    public void A_closed_fd_is_refused_and_nothing_stays_held()
    {
        var file = FdHandle.Open("/dev/null", OpenFlags.ReadWrite);
        var closed = FdHandle.Open("/dev/null", OpenFlags.ReadWrite);
        closed.Dispose();

        Assert.Throws<ObjectDisposedException>(() => UnixSocket.TrySendWithFds(_one, "x"u8, [file, closed], out _));

        file.Dispose();
        Assert.True(file.IsClosed);
    }

    public void Dispose()
    {
        _received.ForEach(fd => fd.Dispose());
        _one.Dispose();
        _two.Dispose();
    }
}
