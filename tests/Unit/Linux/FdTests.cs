using System.Runtime.InteropServices;
using System.Text;
using VmTools.Linux;
using VmTools.Linux.Libc;
using VmTools.Linux.Loop;
using VmTools.Linux.Memory;
using VmTools.Linux.Sockets;
using Xunit;

namespace VmTools.Unit.Linux;

public sealed class FdTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Bytes_written_are_read_back_and_the_end_is_zero_bytes_without_an_error()
    {
        var (one, two) = UnixSocket.Pair();
        using var closed = two;
        using (one)
        {
            Assert.Equal(Errno.None, Fd.TryWrite(one, "hello"u8, out var written));
            Assert.Equal(5, written);
        }

        var buffer = new byte[16];
        Assert.Equal(Errno.None, Fd.TryRead(two, buffer, out var read));
        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, read));
        Assert.Equal(Errno.None, Fd.TryRead(two, buffer, out var end));
        Assert.Equal(0, end);
    }

    [Fact]
    public void A_non_blocking_read_of_nothing_is_EAGAIN()
    {
        var (one, two) = UnixSocket.Pair();
        using var first = one;
        using var second = two;
        Fd.SetNonBlocking(one, true);

        Assert.Equal(Errno.EAGAIN, Fd.TryRead(one, new byte[1], out var count));
        Assert.Equal(0, count);
    }

    [Fact]
    public async Task Writing_to_a_peer_that_has_gone_is_EPIPE_and_no_signal()
    {
        var (one, two) = UnixSocket.Pair();
        using var first = one;
        two.Dispose();
        await OtherEnd.GoneAsync(one);

        Assert.Equal(Errno.EPIPE, UnixSocket.TrySend(one, "x"u8, out _));
        Assert.Equal(Errno.EPIPE, Fd.TryWriteVector(one, Vectors("x"u8.ToArray(), out var pin), out _));
        pin.Free();
    }

    [Fact]
    public void Vectors_are_gathered_into_a_socket_and_into_a_file()
    {
        var (one, two) = UnixSocket.Pair();
        using var first = one;
        using var second = two;
        using var file = FdHandle.Open(_directory.File("f"), OpenFlags.Create | OpenFlags.WriteOnly, UnixFileMode.UserRead);
        var vectors = Vectors("abcdef"u8.ToArray(), out var pin);

        Assert.Equal(Errno.None, Fd.TryWriteVector(one, vectors, out var sent));
        Assert.Equal(Errno.None, Fd.TryWriteVector(file, vectors, out var written));
        pin.Free();

        var buffer = new byte[16];
        Assert.Equal(Errno.None, Fd.TryRead(two, buffer, out var read));
        Assert.Equal("abcdef", Encoding.UTF8.GetString(buffer, 0, read));
        Assert.Equal((6, 6), (sent, written));
        Assert.Equal("abcdef", File.ReadAllText(_directory.File("f")));
    }

    [Fact]
    public void Vectors_are_scattered_from_a_socket()
    {
        var (one, two) = UnixSocket.Pair();
        using var first = one;
        using var second = two;
        var memory = new byte[6];
        Fd.TryWrite(one, "abcdef"u8, out _);

        Assert.Equal(Errno.None, Fd.TryReadVector(two, Vectors(memory, out var pin), out var count));
        pin.Free();

        Assert.Equal(6, count);
        Assert.Equal("abcdef", Encoding.UTF8.GetString(memory));
    }

    [Fact]
    public void A_vector_outside_of_mapped_memory_is_EFAULT()
    {
        var (one, two) = UnixSocket.Pair();
        using var first = one;
        using var second = two;
        Fd.TryWrite(one, "abc"u8, out _);

        Assert.Equal(Errno.EFAULT, Fd.TryReadVector(two, [new IoVector(4096, 3)], out _));
    }

    [Fact]
    public void An_fd_tells_its_kind_and_size()
    {
        File.WriteAllText(_directory.File("f"), "12345");
        using var file = FdHandle.Open(_directory.File("f"), OpenFlags.ReadOnly);
        using var directory = FdHandle.Open(_directory.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
        using var counter = new EventFd();

        Assert.Equal(FileKind.Regular, Fd.KindOf(file));
        Assert.Equal(5, Fd.SizeOf(file));
        Assert.Equal(FileKind.Directory, Fd.KindOf(directory));
        Assert.Equal(FileKind.Unknown, Fd.KindOf(counter.Handle));
        Assert.Equal(SealFlags.None, MemFd.SealsOf(counter.Handle));
    }

    [Fact]
    public void A_file_that_is_not_there_names_itself_and_the_reason()
    {
        var error = Assert.Throws<LinuxException>(() => FdHandle.Open("/nowhere/at/all", OpenFlags.ReadOnly));

        Assert.Equal(Errno.ENOENT, error.Errno);
        Assert.Equal("open '/nowhere/at/all': No such file or directory (ENOENT)", error.Message);
    }

    [Fact]
    public void A_symbolic_link_is_not_followed_when_asked_not_to()
    {
        File.CreateSymbolicLink(_directory.File("link"), "/etc/passwd");

        var error = Assert.Throws<LinuxException>(() => FdHandle.Open(_directory.File("link"), OpenFlags.NoFollow));

        Assert.Equal(Errno.ELOOP, error.Errno);
    }

    [Fact]
    public void Every_fd_is_close_on_exec()
    {
        using var file = FdHandle.Open("/dev/null", OpenFlags.ReadOnly);
        using var copy = file.Duplicate();
        using var counter = new EventFd();
        using var timer = new TimerFd();
        var (one, two) = UnixSocket.Pair();
        using var first = one;
        using var second = two;

        Assert.All(
            [file, copy, counter.Handle, timer.Handle, one, two],
            fd => Assert.Equal(Native.FdCloexec, Native.Fcntl(fd, Native.FcntlGetFdFlags, 0)));
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>The memory as two halves, pinned until the caller frees it.</summary>
    private static IoVector[] Vectors(byte[] memory, out GCHandle pin)
    {
        pin = GCHandle.Alloc(memory, GCHandleType.Pinned);
        var half = memory.Length / 2;
        return
        [
            new IoVector(pin.AddrOfPinnedObject(), (nuint)half),
            new IoVector(pin.AddrOfPinnedObject() + half, (nuint)(memory.Length - half)),
        ];
    }
}
