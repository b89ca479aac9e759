using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Packets;
using Xunit;

namespace VmTools.Unit.Virtio.Vsock.Connections;

/// <summary>Each direction of a stream ends by itself.</summary>
public sealed class HalfCloseTests
{
    private readonly Bench _bench = new();

    [Fact]
    public void The_guest_ends_its_direction_and_still_reads_the_reply()
    {
        var (connection, host) = _bench.OpenFromGuest();
        _bench.Send(Bench.Packet(VsockOperation.ReadWrite), "question"u8.ToArray());
        _bench.Send(Bench.Packet(VsockOperation.Shutdown) with { Flags = 2 });
        Assert.True(host.DeviceSaidAll);
        Assert.Equal("question"u8, host.ProgramReads());

        host.ProgramWrites("reply"u8);
        host.ProgramCloses();
        _bench.Report(connection, host);

        var packets = _bench.Received();
        Assert.Equal("reply"u8.ToArray(), packets[0].Payload);
        Assert.Equal((VsockOperation.Shutdown, 3u), (packets[^1].Header.Operation, packets[^1].Header.Flags));
    }

    [Fact]
    public void The_host_program_ends_its_direction_and_still_reads_the_reply()
    {
        var (connection, host) = _bench.OpenFromHost();
        host.ProgramWrites("question"u8);
        host.ProgramEnds();
        _bench.Report(connection, host);
        var packets = _bench.Received();
        Assert.Equal("question"u8.ToArray(), packets[0].Payload);
        Assert.Equal((VsockOperation.Shutdown, 2u), (packets[1].Header.Operation, packets[1].Header.Flags));

        _bench.Send(Answer(connection, VsockOperation.ReadWrite, forwarded: 8), "reply"u8.ToArray());

        Assert.Equal("reply"u8, host.ProgramReads());
        Assert.Equal(ConnectionState.Open, connection.State);
    }

    [Fact]
    public void The_end_of_the_guests_data_waits_for_the_bytes_before_it()
    {
        var (connection, host) = _bench.OpenFromGuest();
        host.SocketSpace = 4;
        _bench.Send(Bench.Packet(VsockOperation.ReadWrite), "123456"u8.ToArray());
        _bench.Send(Bench.Packet(VsockOperation.Shutdown) with { Flags = 2 });
        Assert.False(host.DeviceSaidAll);

        Assert.Equal("1234"u8, host.ProgramReads());
        _bench.Report(connection, host);

        Assert.True(host.DeviceSaidAll);
        Assert.Equal("56"u8, host.ProgramReads());
    }

    [Fact]
    public void A_guest_that_reads_no_more_stops_the_host_program_and_may_still_write()
    {
        var (connection, host) = _bench.OpenFromGuest();

        _bench.Send(Bench.Packet(VsockOperation.Shutdown) with { Flags = 1 });
        Assert.Equal(0, host.ProgramWrites([1]));
        _bench.Send(Bench.Packet(VsockOperation.ReadWrite), 7);

        Assert.Equal([7], host.ProgramReads().ToArray());
        Assert.Equal(ConnectionState.Open, connection.State);
    }

    [Fact]
    public void A_guest_that_closes_gets_its_reset_at_once_when_nothing_waits()
    {
        var (_, host) = _bench.OpenFromGuest();

        _bench.Send(Bench.Packet(VsockOperation.Shutdown) with { Flags = 3 });

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        Assert.True(host.DeviceClosed);
        Assert.Equal(0, _bench.Bridge.Table.Count);
    }

    [Fact]
    public void Two_halves_close_like_a_whole()
    {
        _bench.OpenFromGuest();

        _bench.Send(Bench.Packet(VsockOperation.Shutdown) with { Flags = 1 });
        Assert.Empty(_bench.Received());
        _bench.Send(Bench.Packet(VsockOperation.Shutdown) with { Flags = 2 });

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
    }

    [Fact]
    public void A_host_program_gone_before_the_guest_has_its_response_is_told_as_soon_as_it_has()
    {
        _bench.Receiver.Buffers = 0;
        _bench.Send(Bench.Packet(VsockOperation.Request));
        var connection = _bench.Bridge.Table.Find(new ConnectionKey(Bench.HostPort, Bench.GuestPort))!;
        _bench.Bridge.HostReady(connection, HostReadiness.HungUp);

        _bench.Receiver.Buffers = 2;
        _bench.Serve();

        var packets = _bench.Received();
        Assert.Equal([VsockOperation.Response, VsockOperation.Shutdown], packets.Select(packet => packet.Header.Operation));
        Assert.Equal((uint)ShutdownFlags.Receive, packets[1].Header.Flags);
    }

    [Fact]
    public void A_closing_guests_last_bytes_reach_a_slow_host_program()
    {
        var (connection, host) = _bench.OpenFromGuest();
        host.SocketSpace = 4;
        _bench.Send(Bench.Packet(VsockOperation.ReadWrite), "123456"u8.ToArray());
        _bench.Send(Bench.Packet(VsockOperation.Shutdown) with { Flags = 3 });
        Assert.Empty(_bench.Received());

        _bench.Send(Bench.Packet(VsockOperation.Reset));
        Assert.Equal("1234"u8, host.ProgramReads());
        _bench.Report(connection, host);

        Assert.Equal("56"u8, host.ProgramReads());
        Assert.True(host.DeviceClosed);
        Assert.Equal(0, _bench.Bridge.Table.Count);
        Assert.Empty(_bench.Received());
    }

    [Fact]
    public void A_guest_may_use_a_name_anew_while_its_last_bytes_drain()
    {
        var (_, host) = _bench.OpenFromGuest();
        host.SocketSpace = 0;
        _bench.Send(Bench.Packet(VsockOperation.ReadWrite), 1);
        _bench.Send(Bench.Packet(VsockOperation.Shutdown) with { Flags = 3 });
        _bench.Send(Bench.Packet(VsockOperation.Reset));

        var (again, _) = _bench.OpenFromGuest();

        Assert.Equal(ConnectionState.Open, again.State);
        Assert.False(host.DeviceClosed);
    }

    [Fact]
    public void A_host_program_that_never_takes_the_last_bytes_is_given_up()
    {
        var (_, host) = _bench.OpenFromGuest();
        host.SocketSpace = 0;
        _bench.Send(Bench.Packet(VsockOperation.ReadWrite), 1);
        _bench.Send(Bench.Packet(VsockOperation.Shutdown) with { Flags = 3 });

        _bench.Elapse(VsockLimits.Default.Drain + 1);

        Assert.True(host.DeviceClosed);
        Assert.Equal([VsockIncident.DrainTimeout], _bench.Incidents);
        Assert.Equal(0, _bench.Bridge.Table.Buffers.Lent);
    }

    [Fact]
    public void A_host_program_that_closes_is_read_out_before_the_guest_hears_of_it()
    {
        var (connection, host) = _bench.OpenFromGuest(buffer: 4096);
        host.ProgramWrites(new byte[3732]);
        _bench.Report(connection, host);
        host.ProgramWrites("rest"u8);
        host.ProgramCloses();
        _bench.Report(connection, host);
        Assert.Equal(1u, _bench.Received().Last(packet => packet.Header.Operation == VsockOperation.Shutdown).Header.Flags);

        _bench.Send(Bench.Packet(VsockOperation.CreditUpdate) with { BufferAllocated = 4096, ForwardCount = 3732 });

        var packets = _bench.Received();
        Assert.Equal("rest"u8.ToArray(), packets[0].Payload);
        Assert.Equal((VsockOperation.Shutdown, 3u), (packets[^1].Header.Operation, packets[^1].Header.Flags));
    }

    [Fact]
    public void A_guest_that_never_acknowledges_a_close_is_reset_after_its_time()
    {
        var (connection, host) = _bench.OpenFromGuest();
        host.ProgramCloses();
        _bench.Report(connection, host);
        Assert.Equal(3u, _bench.ReceivedOne().Header.Flags);
        Assert.True(host.DeviceClosed);

        _bench.Elapse(VsockLimits.Default.Close + 1);

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        Assert.Equal(0, _bench.Bridge.Table.Count);
    }

    [Fact]
    public void Closes_that_cross_end_with_one_reset()
    {
        var (connection, host) = _bench.OpenFromGuest();
        host.ProgramCloses();
        _bench.Report(connection, host);
        _bench.Received();

        _bench.Send(Bench.Packet(VsockOperation.ReadWrite), 1);
        _bench.Send(Bench.Packet(VsockOperation.Shutdown) with { Flags = 3 });

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        Assert.Equal(0, _bench.Bridge.Table.Count);
    }

    [Fact]
    public void A_wait_for_credit_ends_when_the_guest_closes_with_bytes_still_to_drain()
    {
        var (connection, host) = _bench.OpenFromGuest(buffer: 128);
        host.ProgramWrites(new byte[200]);
        _bench.Report(connection, host);
        host.SocketSpace = 0;
        _bench.Send(Bench.Packet(VsockOperation.ReadWrite) with { BufferAllocated = 128 }, 1);
        _bench.Send(Bench.Packet(VsockOperation.Shutdown) with { BufferAllocated = 128, Flags = 3 });

        _bench.Send(Bench.Packet(VsockOperation.CreditUpdate) with { BufferAllocated = 128, ForwardCount = 128 });

        Assert.Equal(ConnectionState.Draining, connection.State);
        Assert.NotEqual(VsockConnection.Never, connection.Deadline);
    }

    private static VsockHeader Answer(VsockConnection connection, VsockOperation operation, uint forwarded) =>
        Bench.Packet(operation, connection.Key.GuestPort, connection.Key.HostPort) with { ForwardCount = forwarded };
}
