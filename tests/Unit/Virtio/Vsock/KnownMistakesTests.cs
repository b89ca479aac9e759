using VmTools.Unit.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Credit;
using VmTools.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Packets;
using Xunit;

namespace VmTools.Unit.Virtio.Vsock;

/// <summary>
/// What went wrong in other vsock devices, as tests of the bridge. Those that need real sockets or rings are beside this one.
/// One kind cannot be repeated here: a deadlock between threads, of which the device has one.
/// </summary>
public sealed class KnownMistakesTests
{
    private readonly Bench _bench = new();

    [Fact]
    public void A_read_of_no_bytes_is_the_end_not_an_empty_packet()
    {
        var (connection, host) = _bench.OpenFromGuest();
        host.ProgramEnds();

        _bench.Report(connection, host);

        var end = _bench.ReceivedOne().Header;
        Assert.Equal((VsockOperation.Shutdown, (uint)ShutdownFlags.Send, 0u), (end.Operation, end.Flags, end.Length));
    }

    [Fact]
    public void An_edge_without_anything_to_read_sends_nothing()
    {
        var (connection, _) = _bench.OpenFromGuest();

        _bench.Bridge.HostReady(connection, HostReadiness.Readable | HostReadiness.Writable);
        _bench.Serve();

        Assert.Empty(_bench.Received());
    }

    [Fact]
    public void An_empty_data_packet_does_no_harm_and_moves_no_count()
    {
        var (connection, host) = _bench.OpenFromGuest();

        _bench.Send(Bench.Packet(VsockOperation.ReadWrite));
        _bench.Send(Bench.Packet(VsockOperation.ReadWrite), 9);

        Assert.Equal([9], host.ProgramReads().ToArray());
        Assert.Equal(1u, connection.HostBound.Window.ForwardCount);
    }

    [Fact]
    public void Single_bytes_pass_back_and_forth_for_ever()
    {
        var (connection, host) = _bench.OpenFromGuest();
        for (var i = 0u; i < 20_000; i++)
        {
            host.ProgramWrites([(byte)i]);
            _bench.Report(connection, host);
            Assert.Equal([(byte)i], _bench.ReceivedOne().Payload);
            _bench.Send(Bench.Packet(VsockOperation.ReadWrite) with { ForwardCount = i + 1 }, (byte)~i);
            Assert.Equal([(byte)~i], host.ProgramReads().ToArray());
            _bench.Received();
        }
    }

    [Fact]
    public void A_reset_for_nobody_is_never_answered() => Silent(Bench.Packet(VsockOperation.Reset));

    [Fact]
    public void A_foreign_reset_is_never_answered() => Silent(Bench.Packet(VsockOperation.Reset) with { DestinationCid = 1 });

    [Fact]
    public void A_reset_of_an_unknown_type_is_never_answered() =>
        Silent(Bench.Packet(VsockOperation.Reset) with { Type = (VsockSocketType)9 });

    [Fact]
    public void A_guests_connection_that_ends_does_not_free_the_port_of_the_hosts()
    {
        var (ours, _) = _bench.OpenFromHost();
        _bench.OpenFromGuest(guestPort: 2000);

        _bench.Send(Bench.Packet(VsockOperation.Reset, guestPort: 2000));

        Assert.Equal(1, _bench.Bridge.Table.Ports.Taken);
        _bench.Send(Bench.Packet(VsockOperation.Reset, ours.Key.GuestPort, ours.Key.HostPort));
        Assert.Equal(0, _bench.Bridge.Table.Ports.Taken);
    }

    [Fact]
    public void A_client_gone_before_its_answer_is_a_reset_not_a_crash()
    {
        var host = new FakeHost();
        var connection = _bench.Bridge.OpenToGuest(7, host)!;
        _bench.Serve();
        _bench.Received();
        host.ProgramCloses();

        _bench.Send(Bench.Packet(VsockOperation.Response, 7, connection.Key.HostPort));

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        Assert.Equal(0, _bench.Bridge.Table.Count);
    }

    [Fact]
    public void A_client_that_leaves_while_the_guest_is_down_is_forgotten()
    {
        _bench.Bridge.Stop();
        var host = new FakeHost();
        var connection = _bench.Bridge.OpenToGuest(7, host)!;
        host.ProgramCloses();

        _bench.Report(connection, host);

        Assert.Equal(0, _bench.Bridge.Table.Count);
    }

    [Fact]
    public void A_client_that_only_ends_its_direction_after_asking_is_served()
    {
        var host = new FakeHost();
        host.ProgramWrites("all I have to say"u8);
        host.ProgramEnds();
        var connection = _bench.Bridge.OpenToGuest(7, host)!;
        _bench.Report(connection, host);
        _bench.Received();

        _bench.Send(Bench.Packet(VsockOperation.Response, 7, connection.Key.HostPort));

        var packets = _bench.Received();
        Assert.Equal("all I have to say"u8.ToArray(), packets[0].Payload);
        Assert.Equal(2u, packets[1].Header.Flags);
    }

    [Fact]
    public void A_full_credit_with_a_slow_host_program_loses_no_byte_and_never_locks()
    {
        var (connection, host) = _bench.OpenFromGuest();
        var space = connection.HostBound.Window.BufferAllocated;
        host.SocketSpace = 1024;
        var (sent, told, got) = (0u, 0u, 0);
        while (got < 1 << 20)
        {
            while (sent < 1 << 20 && sent - told < space)
            {
                var bytes = new byte[Math.Min(4096, (int)(space - (sent - told)))];
                for (var i = 0; i < bytes.Length; i++)
                {
                    bytes[i] = (byte)((sent + i) * 7);
                }

                sent += (uint)bytes.Length;
                _bench.Send(Bench.Packet(VsockOperation.ReadWrite), bytes);
            }

            foreach (var value in host.ProgramReads())
            {
                Assert.Equal((byte)(got++ * 7), value);
            }

            _bench.Report(connection, host);
            told = _bench.Received().Select(packet => packet.Header.ForwardCount).LastOrDefault(told);
        }

        Assert.Equal(0, _bench.Bridge.Table.Buffers.Lent);
    }

    [Fact]
    public void A_hundred_thousand_connects_and_resets_leave_nothing()
    {
        for (var port = 0u; port < 100_000; port++)
        {
            _bench.Send(Bench.Packet(VsockOperation.Request, port));
            _bench.Send(Bench.Packet(VsockOperation.Reset, port));
            _bench.Received();
            _bench.Programs.DialledFor.Clear();
        }

        var table = _bench.Bridge.Table;
        Assert.Equal((0, 0, 0), (table.Count, table.Buffers.Promised, table.OpenedByGuest));
    }

    [Fact]
    public void A_stopped_reader_delays_nobody_else()
    {
        var (stalled, slow) = _bench.OpenFromGuest(guestPort: 1, buffer: 65536);
        slow.SocketSpace = 0;
        _bench.Send(Bench.Packet(VsockOperation.ReadWrite, guestPort: 1), new byte[60000]);
        slow.SocketSpace = 1 << 20;
        slow.ProgramWrites(new byte[1 << 20]);
        _bench.Report(stalled, slow);
        _bench.Received();
        var (connection, host) = _bench.OpenFromGuest(guestPort: 2);

        for (var i = 0; i < 100; i++)
        {
            host.ProgramWrites([1]);
            _bench.Report(connection, host);
            Assert.Single(_bench.Received(), packet => packet.Header.DestinationPort == 2);
            _bench.Send(Bench.Packet(VsockOperation.ReadWrite, guestPort: 2) with { ForwardCount = (uint)i + 1 }, 1);
            Assert.Equal(1, host.ProgramReads().Length);
        }
    }

    [Fact]
    public void A_failed_connect_spoils_nothing_for_the_next()
    {
        _bench.Send(Bench.Packet(VsockOperation.Request, hostPort: 1));
        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);

        var (connection, _) = _bench.OpenFromGuest();

        Assert.Equal(ConnectionState.Open, connection.State);
    }

    [Fact]
    public void A_space_shrunk_below_what_is_under_way_stops_the_flow_and_nothing_else()
    {
        var (connection, host) = _bench.OpenFromGuest(buffer: 65536);
        host.SocketSpace = 1 << 20;
        host.ProgramWrites(new byte[100_000]);
        _bench.Report(connection, host);
        _bench.Received();

        _bench.Send(Bench.Packet(VsockOperation.CreditUpdate) with { BufferAllocated = 16 });
        Assert.Empty(_bench.Received());
        Assert.Equal(0, connection.GuestBound.Credit.Free);
        _bench.Send(Bench.Packet(VsockOperation.CreditUpdate) with
        {
            BufferAllocated = 65536,
            ForwardCount = connection.GuestBound.Credit.Outstanding,
        });

        Assert.NotEmpty(_bench.Received());
    }

    [Fact]
    public void A_hundred_thousand_packets_of_one_byte_take_the_memory_of_their_bytes()
    {
        var (connection, host) = _bench.OpenFromGuest();
        host.SocketSpace = 0;
        for (var i = 0; i < 100_000; i++)
        {
            _bench.Send(Bench.Packet(VsockOperation.ReadWrite), (byte)i);
        }

        Assert.Equal(100_000, connection.HostBound.Held.Count);
        Assert.Equal(256 * 1024, _bench.Bridge.Table.Buffers.Lent);
    }

    [Fact]
    public void Small_writes_to_a_guest_that_does_not_read_stop_before_its_packet_overhead_drops_them()
    {
        var (connection, host) = _bench.OpenFromGuest(buffer: 256 * 1024);
        host.SocketSpace = 1 << 20;
        for (var i = 0; i < 5000; i++)
        {
            host.ProgramWrites([1]);
            _bench.Report(connection, host);
        }

        var data = _bench.Received().Count(packet => packet.Header.Operation == VsockOperation.ReadWrite);
        Assert.InRange(data, 300, 256 * 1024 / PeerCredit.PacketOverhead);
        Assert.Equal(5000 - data, host.Unsent);
    }

    [Fact]
    public void A_guest_that_read_its_small_packets_in_silence_is_asked_again()
    {
        var (connection, host) = _bench.OpenFromGuest(buffer: 256 * 1024);
        host.SocketSpace = 1 << 20;
        for (var i = 0; i < 1000; i++)
        {
            host.ProgramWrites([1]);
            _bench.Report(connection, host);
        }

        Assert.Single(_bench.Received(), packet => packet.Header.Operation == VsockOperation.CreditRequest);
        _bench.Elapse(VsockLimits.Default.CreditPollFirst + 1);
        Assert.Equal(VsockOperation.CreditRequest, _bench.ReceivedOne().Header.Operation);
        _bench.Send(Bench.Packet(VsockOperation.CreditUpdate) with { ForwardCount = connection.GuestBound.Credit.Outstanding });

        Assert.Equal(0, host.Unsent);
        _bench.Elapse(3_600_000);
        Assert.DoesNotContain(_bench.Received(), packet => packet.Header.Operation == VsockOperation.CreditRequest);
    }

    [Fact]
    public void Ten_bulk_streams_share_the_way_into_the_guest_evenly()
    {
        var streams = Enumerable.Range(1, 10).Select(port => _bench.OpenFromGuest((uint)port, buffer: 1 << 20)).ToList();
        _bench.Receiver.Buffers = 0;
        foreach (var (connection, host) in streams)
        {
            host.SocketSpace = 1 << 20;
            host.ProgramWrites(new byte[1 << 20]);
            _bench.Report(connection, host);
        }

        for (var round = 0; round < 100; round++)
        {
            _bench.Receiver.Buffers = 7;
            _bench.Serve();
        }

        var shares = _bench.Received().ToLookup(packet => packet.Header.DestinationPort)
            .Select(stream => (double)stream.Sum(packet => packet.Payload.Length)).ToList();
        var jain = shares.Sum() * shares.Sum() / (10 * shares.Sum(share => share * share));
        Assert.True(jain >= 0.9, $"Jain's index is {jain:F3}");
    }

    [Fact]
    public void A_host_that_opens_without_end_is_stopped_at_the_limit()
    {
        var hosts = Enumerable.Range(0, 600).Select(_ => _bench.Bridge.OpenToGuest(7, new FakeHost())).ToList();

        Assert.Equal(512, hosts.Count(connection => connection is not null));
        Assert.Equal(512, hosts.OfType<VsockConnection>().Select(connection => connection.Key.HostPort).Distinct().Count());
    }

    private void Silent(in VsockHeader packet)
    {
        _bench.Send(packet);

        Assert.Empty(_bench.Received());
    }
}
