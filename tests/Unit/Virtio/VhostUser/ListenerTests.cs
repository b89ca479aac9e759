using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;
using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.VhostUser;
using Xunit;

namespace VmTools.Unit.Virtio.VhostUser;

[Collection(nameof(FdCounting))]
public sealed class ListenerTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"vhost-user-{Guid.NewGuid():N}");
    private readonly RecordingDevice _device = new();
    private readonly EventLoop _loop = new(TimeProvider.System);
    private readonly VhostUserListener _listener;

    public ListenerTests() =>
        _listener = new VhostUserListener(
            UnixSocket.Listen(_path, 4, UnixFileMode.UserRead | UnixFileMode.UserWrite), _device, _loop, NullLogger.Instance);

    public void Dispose()
    {
        _listener.Dispose();
        _loop.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void A_second_front_end_is_turned_away_and_the_first_goes_on()
    {
        using var first = Connect();
        using var second = Connect();

        Assert.Equal(0, Read(second));
        Assert.True(_listener.HasFrontEnd);
        Assert.Equal(VhostHeader.Size + 8, AskFeatures(first));
    }

    [Fact]
    public void When_a_front_end_has_gone_the_next_is_served()
    {
        Connect().Dispose();
        Turn();
        Assert.Equal(["gone"], _device.Events);

        using var next = Connect();

        Assert.Equal(VhostHeader.Size + 8, AskFeatures(next));
    }

    [Fact]
    public void A_hundred_front_ends_leave_no_fd_behind()
    {
        var before = FdCounting.Open();

        for (var i = 0; i < 100; i++)
        {
            Connect().Dispose();
            Turn();
        }

        FdCounting.AssertNothingBeside(before);
    }

    private FdHandle Connect()
    {
        var socket = UnixSocket.Connect(_path);
        Turn();
        return socket;
    }

    private int AskFeatures(FdHandle socket)
    {
        var bytes = new byte[VhostHeader.Size];
        VhostHeader.Ask(VhostRequest.GetFeatures, 0, needsReply: false).Write(bytes);
        UnixSocket.TrySend(socket, bytes, out _);
        Turn();
        return Read(socket);
    }

    private static int Read(FdHandle socket)
    {
        Assert.Equal(Errno.None, Fd.TryRead(socket, new byte[100], out var count));
        return count;
    }

    private void Turn()
    {
        while (_loop.Turn(TimeSpan.Zero))
        {
        }
    }
}
