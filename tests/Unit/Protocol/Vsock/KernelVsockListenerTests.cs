using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Protocol.Vsock;

/// <summary>What accept4(2) may answer, on a listening socket of another family: the code that accepts is the same.</summary>
public sealed class KernelVsockListenerTests : IDisposable
{
    private static readonly VsockPort Port = new(9999);

    private readonly ScratchDirectory _scratch = new();
    private readonly Queue<Errno> _troubles = new();
    private readonly FdHandle _socket;

    public KernelVsockListenerTests() => _socket = UnixSocket.Listen(Path, 16, UnixFileMode.UserRead | UnixFileMode.UserWrite);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Path => _scratch.PathOf("listener");

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(Errno.EMFILE)]
    [InlineData(Errno.ENFILE)]
    [InlineData(Errno.ENOMEM)]
    [InlineData(Errno.ENOBUFS)]
    [InlineData(Errno.ECONNABORTED)]
    [InlineData(Errno.ECONNRESET)]
    [InlineData(Errno.EPROTO)]
    [InlineData(Errno.EPERM)]
    [InlineData(Errno.ENETDOWN)]
    [InlineData(Errno.EAGAIN)]
    public async Task An_error_that_passes_keeps_nobody_from_being_accepted(Errno trouble)
    {
        await using var listener = Listen();
        for (var i = 0; i < 3; i++)
        {
            _troubles.Enqueue(trouble);
        }

        using var caller = UnixSocket.Connect(Path);
        await using var accepted = await listener.AcceptAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel);

        Assert.Empty(_troubles);
    }

    [Theory]
    [InlineData(Errno.EBADF)]
    [InlineData(Errno.EINVAL)]
    [InlineData(Errno.ENOTSOCK)]
    public async Task A_descriptor_that_listens_no_longer_is_told(Errno trouble)
    {
        await using var listener = Listen();
        _troubles.Enqueue(trouble);

        var failure = await Assert.ThrowsAsync<LinuxException>(() => listener.AcceptAsync(Cancel).AsTask());

        Assert.Equal(trouble, failure.Errno);
    }

    [Fact]
    public async Task A_descriptor_that_is_ready_and_has_nobody_makes_nothing_spin()
    {
        var looks = 0;
        VsockListenerSocket.Accept empty = (FdHandle _, out FdHandle? socket, out uint cid, out uint port) =>
        {
            looks++;
            (socket, cid, port) = (null, 0, 0);
            return Errno.EAGAIN;
        };
        using var caller = UnixSocket.Connect(Path);
        var listener = new KernelVsockListener(Port, new VsockListenerSocket(_socket, empty), TimeProvider.System);
        var accepting = listener.AcceptAsync(Cancel).AsTask();

        await Task.Delay(TimeSpan.FromSeconds(1), Cancel);
        await listener.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting);
        Assert.InRange(looks, 1, 100);
    }

    [Fact]
    public async Task A_listener_in_trouble_can_be_closed()
    {
        var listener = new KernelVsockListener(Port, new VsockListenerSocket(_socket, NeverAccepts), TimeProvider.System);
        var accepting = listener.AcceptAsync(Cancel).AsTask();

        await listener.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting);
    }

    private static Errno NeverAccepts(FdHandle listener, out FdHandle? socket, out uint peerCid, out uint peerPort)
    {
        (socket, peerCid, peerPort) = (null, 0, 0);
        return Errno.EMFILE;
    }

    private KernelVsockListener Listen() => new(Port, new VsockListenerSocket(_socket, Accept), TimeProvider.System);

    private Errno Accept(FdHandle listener, out FdHandle? socket, out uint peerCid, out uint peerPort)
    {
        if (_troubles.TryDequeue(out var trouble))
        {
            (socket, peerCid, peerPort) = (null, 0, 0);
            return trouble;
        }

        return VsockSocket.TryAccept(listener, out socket, out peerCid, out peerPort);
    }
}
