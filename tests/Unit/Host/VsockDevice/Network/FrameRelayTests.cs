using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.VsockDevice.Network;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.VsockDevice.Network;

public sealed class FrameRelayTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly EventLoop _loop = new(TimeProvider.System);
    private readonly FdHandle _vmm;
    private readonly FrameRelay _relay;
    private readonly byte[] _buffer = new byte[2000];

    public FrameRelayTests()
    {
        var (ours, its) = UnixSocket.PacketPair();
        _vmm = ours;
        _relay = new FrameRelay(its, Path, _loop, NullLogger.Instance);
    }

    private string Path => _directory.File("network.sock");

    [Fact]
    public void Frames_go_both_ways_as_they_are()
    {
        using var listener = Listen();
        Send(_vmm, Frames.To(192, 0, 2, 7));
        using var network = Accept(listener);

        Assert.Equal(Frames.To(192, 0, 2, 7), Receive(network));
        Send(network, Frames.To(10, 0, 2, 15));
        Assert.Equal(Frames.To(10, 0, 2, 15), Receive(_vmm));
    }

    [Fact]
    public void A_frame_for_the_hosts_loopback_is_dropped_and_the_next_one_goes()
    {
        using var listener = Listen();
        Send(_vmm, Frames.To(192, 0, 2, 7));
        using var network = Accept(listener);
        Receive(network);

        Send(_vmm, Frames.To(127, 0, 0, 1));
        Send(_vmm, Frames.To(0, 0, 0, 0));
        Send(_vmm, Frames.To(192, 0, 2, 8));

        Assert.Equal(Frames.To(192, 0, 2, 8), Receive(network));
    }

    [Fact]
    public void A_network_that_comes_later_gets_what_is_sent_then()
    {
        Send(_vmm, Frames.To(192, 0, 2, 1));
        Settle();

        using var listener = Listen();
        Send(_vmm, Frames.To(192, 0, 2, 2));
        using var network = Accept(listener);

        Assert.Equal(Frames.To(192, 0, 2, 2), Receive(network));
    }

    [Fact]
    public void The_network_is_dialled_before_the_guest_sends_anything()
    {
        using var listener = Listen();
        Assert.True(_loop.Turn(TimeSpan.FromSeconds(10)));

        using var network = Accept(listener);
        Send(network, Frames.To(10, 0, 2, 15));

        Assert.Equal(Frames.To(10, 0, 2, 15), Receive(_vmm));
    }

    [Fact]
    public void A_network_that_ends_is_dialled_again()
    {
        using (var listener = Listen())
        {
            Send(_vmm, Frames.To(192, 0, 2, 1));
            Accept(listener).Dispose();
        }

        Settle();
        File.Delete(Path);
        using var again = Listen();
        Send(_vmm, Frames.To(192, 0, 2, 2));
        using var network = Accept(again);

        Assert.Equal(Frames.To(192, 0, 2, 2), Receive(network));
    }

    [Fact]
    public void Nothing_is_lost_or_changes_places_where_a_side_is_slow()
    {
        using var listener = Listen();
        Send(_vmm, Frames.To(192, 0, 2, 7));
        using var network = Accept(listener);
        Receive(network);

        var (sent, received) = (0, 0);
        while (received < 2000)
        {
            while (sent < 2000 && TrySend(_vmm, Numbered(sent)))
            {
                sent++;
            }

            Settle();
            Assert.Equal(Numbered(received++), Receive(network));
        }
    }

    [Fact]
    public void A_network_that_takes_nothing_and_ends_costs_no_turns()
    {
        using var listener = Listen();
        Send(_vmm, Frames.To(192, 0, 2, 7));
        var network = Accept(listener);
        Receive(network);
        for (var sent = true; sent; Settle())
        {
            sent = TrySend(network, Frames.To(10, 0, 2, 15));
        }

        network.Dispose();
        Settle();

        Assert.False(_loop.Turn(TimeSpan.Zero));
    }

    public void Dispose()
    {
        _relay.Dispose();
        _vmm.Dispose();
        _loop.Dispose();
        _directory.Dispose();
    }

    private static byte[] Numbered(int number)
    {
        var frame = Frames.To(192, 0, 2, 1);
        (frame[40], frame[41]) = ((byte)(number >> 8), (byte)number);
        return frame;
    }

    private static bool TrySend(FdHandle socket, byte[] frame) => Fd.TryWrite(socket, frame, out _) == Errno.None;

    private static void Send(FdHandle socket, byte[] frame) => Assert.True(TrySend(socket, frame));

    private Socket Listen()
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen(1);
        return listener;
    }

    private FdHandle Accept(Socket listener)
    {
        Settle();
        using var accepted = listener.Accept();
        var socket = FdHandle.DuplicateOf((int)accepted.Handle);
        Fd.SetNonBlocking(socket, on: true);
        return socket;
    }

    private byte[] Receive(FdHandle socket)
    {
        Settle();
        Assert.Equal(Errno.None, Fd.TryRead(socket, _buffer, out var length));
        return _buffer[..length];
    }

    private void Settle()
    {
        for (var turns = 0; _loop.Turn(TimeSpan.Zero); turns++)
        {
            Assert.True(turns < 100_000, "The relay does not come to rest.");
        }
    }
}
