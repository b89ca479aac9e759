using VmTools.Unit.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Packets;
using Xunit;

namespace VmTools.Unit.Virtio.Vsock.Traffic;

/// <summary>Packets that no honest guest sends: each costs the guest at most its own connection.</summary>
public sealed class HostileGuestTests
{
    private readonly Bench _bench = new();

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(3UL)]
    [InlineData(4UL)]
    [InlineData(43UL)]
    [InlineData(uint.MaxValue)]
    [InlineData(1UL << 32)]
    [InlineData((1UL << 32) + 2)]
    [InlineData(ulong.MaxValue)]
    public void A_request_to_any_machine_but_the_host_is_reset_from_the_address_it_was_sent_to(ulong destination)
    {
        _bench.Send(Bench.Packet(VsockOperation.Request) with { DestinationCid = destination });

        var reset = _bench.ReceivedOne().Header;
        Assert.Equal(VsockOperation.Reset, reset.Operation);
        Assert.Equal((destination, Bench.Guest), (reset.SourceCid, reset.DestinationCid));
        Assert.Equal((Bench.HostPort, Bench.GuestPort), (reset.SourcePort, reset.DestinationPort));
        Assert.Equal(0, _bench.Programs.Dialled);
        Assert.Contains(VsockIncident.ForeignAddress, _bench.Incidents);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(2UL)]
    [InlineData(4UL)]
    [InlineData((1UL << 32) + 3)]
    public void A_forged_source_reaches_no_host_program(ulong source)
    {
        _bench.Send(Bench.Packet(VsockOperation.Request) with { SourceCid = source });

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        Assert.Equal(0, _bench.Programs.Dialled);
        Assert.Equal(0, _bench.Bridge.Table.Count);
    }

    [Fact]
    public void A_forged_source_does_not_touch_the_connection_it_names()
    {
        var (connection, host) = _bench.OpenFromGuest();

        _bench.Send(Bench.Packet(VsockOperation.ReadWrite) with { SourceCid = 4 }, 1, 2, 3);
        _bench.Send(Bench.Packet(VsockOperation.Reset) with { DestinationCid = 1 });

        Assert.Equal(ConnectionState.Open, connection.State);
        Assert.Equal(0, host.Waiting);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(0xffff)]
    public void A_socket_type_that_is_not_offered_is_reset_in_kind(int type)
    {
        _bench.Send(Bench.Packet(VsockOperation.Request) with { Type = (VsockSocketType)type });

        var reset = _bench.ReceivedOne().Header;
        Assert.Equal((VsockOperation.Reset, (VsockSocketType)type), (reset.Operation, reset.Type));
        Assert.Equal(0, _bench.Programs.Dialled);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(0xffff)]
    public void An_unknown_operation_resets_the_connection_it_is_for(int operation)
    {
        var (connection, host) = _bench.OpenFromGuest();

        _bench.Send(Bench.Packet((VsockOperation)operation));

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        Assert.Equal(ConnectionState.Gone, connection.State);
        Assert.True(host.DeviceClosed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(9)]
    public void A_packet_for_no_connection_is_reset_whatever_it_asks(int operation)
    {
        _bench.Send(Bench.Packet((VsockOperation)operation), 1, 2, 3);

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
    }

    [Fact]
    public void More_than_the_promised_space_is_a_violation()
    {
        var (connection, host) = _bench.OpenFromGuest();
        host.SocketSpace = 0;
        for (var sent = 0u; sent < connection.HostBound.Window.BufferAllocated; sent += 65536)
        {
            _bench.Send(Bench.Packet(VsockOperation.ReadWrite), new byte[65536]);
        }

        Assert.Equal(ConnectionState.Open, connection.State);
        _bench.Received();
        _bench.Send(Bench.Packet(VsockOperation.ReadWrite), 1);

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        Assert.Equal(0, _bench.Bridge.Table.Buffers.Lent);
        Assert.Equal([VsockIncident.CreditViolation], _bench.Incidents);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(0x80000000u)]
    [InlineData(uint.MaxValue)]
    public void A_report_of_bytes_read_that_were_never_sent_is_a_violation(uint forwarded)
    {
        _bench.OpenFromGuest();

        _bench.Send(Bench.Packet(VsockOperation.CreditUpdate) with { ForwardCount = forwarded });

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
    }

    [Fact]
    public void A_request_that_begins_with_bytes_already_read_is_refused()
    {
        _bench.Send(Bench.Packet(VsockOperation.Request) with { ForwardCount = 7 });

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        Assert.Equal(0, _bench.Programs.Dialled);
    }

    [Fact]
    public void A_request_for_a_living_connection_kills_it()
    {
        var (connection, host) = _bench.OpenFromGuest();

        _bench.Send(Bench.Packet(VsockOperation.Request));

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        Assert.True(host.DeviceClosed);
        Assert.Equal(ConnectionState.Gone, connection.State);
        Assert.Equal(1, _bench.Programs.Dialled);
    }

    [Theory]
    [InlineData(PortAllocator.First)]
    [InlineData(PortAllocator.Last)]
    public void A_request_into_our_own_range_of_ports_is_refused(uint port)
    {
        _bench.Programs.Listening.Add(port);

        _bench.Send(Bench.Packet(VsockOperation.Request, hostPort: port));

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        Assert.Equal(0, _bench.Programs.Dialled);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    public void Speaking_before_the_answer_is_a_violation(int operation)
    {
        _bench.Receiver.Buffers = 0;
        _bench.Send(Bench.Packet(VsockOperation.Request));

        _bench.Send(Bench.Packet((VsockOperation)operation) with { Flags = 3 }, 1);

        Assert.Equal([VsockIncident.OutOfTurn], _bench.Incidents);
        Assert.True(_bench.Programs.DialledFor[Bench.GuestPort].DeviceClosed);
    }

    [Fact]
    public void An_answer_nobody_waits_for_is_a_violation()
    {
        _bench.OpenFromGuest();

        _bench.Send(Bench.Packet(VsockOperation.Response));

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
    }

    [Fact]
    public void Data_after_the_end_of_data_is_a_violation()
    {
        var (_, host) = _bench.OpenFromGuest();
        _bench.Send(Bench.Packet(VsockOperation.Shutdown) with { Flags = 2 });

        _bench.Send(Bench.Packet(VsockOperation.ReadWrite), 1);

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        Assert.Equal(0, host.Waiting);
    }

    [Fact]
    public void A_header_that_claims_more_than_there_is_resets_its_connection_and_delivers_nothing()
    {
        var (_, host) = _bench.OpenFromGuest();

        _bench.Bridge.ReceiveMalformed(Bench.Packet(VsockOperation.ReadWrite) with { Length = 100 });
        _bench.Serve();

        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        Assert.Equal(0, host.Waiting);
    }

    [Fact]
    public void A_malformed_packet_with_a_forged_source_resets_nobody()
    {
        var (connection, _) = _bench.OpenFromGuest();

        _bench.Bridge.ReceiveMalformed(Bench.Packet(VsockOperation.ReadWrite) with { SourceCid = 9 });

        Assert.Equal(ConnectionState.Open, connection.State);
    }

    [Fact]
    public void Of_the_resets_for_a_guest_that_takes_none_the_latest_are_kept()
    {
        _bench.Receiver.Buffers = 0;
        for (var port = 0u; port < 100_000; port++)
        {
            _bench.Send(Bench.Packet(VsockOperation.Request, port, hostPort: 12345));
        }

        _bench.Receiver.Buffers = int.MaxValue;
        _bench.Serve();

        var kept = _bench.Received();
        Assert.Equal(VsockLimits.Default.MirroredResets, kept.Count);
        Assert.Equal(99_999u, kept[^1].Header.DestinationPort);
    }

    [Fact]
    public void Requests_whose_response_the_guest_never_takes_are_given_up_and_their_programs_let_go()
    {
        _bench.Receiver.Buffers = 0;
        for (var port = 0u; port < 2000; port++)
        {
            _bench.Send(Bench.Packet(VsockOperation.Request, port));
        }

        _bench.Elapse(VsockLimits.Default.Handshake + 1);
        Assert.All(_bench.Programs.DialledFor.Values, host => Assert.True(host.DeviceClosed));
        _bench.Elapse(VsockLimits.Default.Close + 1);

        Assert.Equal(0, _bench.Bridge.Table.Count);
    }

    [Fact]
    public void A_flood_of_credit_requests_to_a_guest_that_takes_none_is_one_answer()
    {
        _bench.OpenFromGuest();
        _bench.Receiver.Buffers = 0;
        for (var i = 0; i < 10_000; i++)
        {
            _bench.Send(Bench.Packet(VsockOperation.CreditRequest));
        }

        _bench.Receiver.Buffers = int.MaxValue;
        _bench.Serve();

        Assert.Equal(VsockOperation.CreditUpdate, _bench.ReceivedOne().Header.Operation);
    }

    [Fact]
    public void Data_and_requests_of_the_host_go_on_between_the_replies_of_a_flood()
    {
        var (connection, host) = _bench.OpenFromGuest();
        _bench.Receiver.Buffers = 0;
        for (var port = 2000u; port < 2200; port++)
        {
            _bench.Send(Bench.Packet(VsockOperation.Request, port));
            _bench.Send(Bench.Packet(VsockOperation.Request, port, hostPort: 12345));
        }

        host.ProgramWrites(new byte[10]);
        _bench.Report(connection, host);
        _bench.Bridge.OpenToGuest(7, new FakeHost());
        _bench.Receiver.Buffers = 64;
        _bench.Serve();

        var first = _bench.Received().Select(packet => packet.Header.Operation).ToList();
        Assert.Contains(VsockOperation.ReadWrite, first);
        Assert.Contains(VsockOperation.Request, first);
    }

    [Fact]
    public void A_hundred_thousand_requests_to_absent_ports_leave_nothing()
    {
        for (var port = 0u; port < 100_000; port++)
        {
            _bench.Send(Bench.Packet(VsockOperation.Request, port, hostPort: port | 0x8000_0000));
            Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
        }

        Assert.Equal(0, _bench.Bridge.Table.Count);
    }

    [Fact]
    public void Two_thousand_requests_to_a_present_port_end_at_the_limit_of_connections()
    {
        for (var port = 0u; port < 2000; port++)
        {
            _bench.Send(Bench.Packet(VsockOperation.Request, port));
        }

        const int allowed = 512 - 64;
        Assert.Equal(allowed, _bench.Bridge.Table.Count);
        var answers = _bench.Received().Select(packet => packet.Header.Operation).ToLookup(operation => operation);
        Assert.Equal((allowed, 2000 - allowed), (answers[VsockOperation.Response].Count(), answers[VsockOperation.Reset].Count()));
        Assert.Equal(allowed, _bench.Programs.Dialled);
        Assert.NotNull(_bench.Bridge.OpenToGuest(7, new FakeHost()));
    }

    [Fact]
    public void A_storm_of_resets_is_met_with_silence()
    {
        for (var port = 0u; port < 100_000; port++)
        {
            _bench.Send(Bench.Packet(VsockOperation.Reset, port));
        }

        Assert.Empty(_bench.Received());
    }

    [Fact]
    public void A_window_shut_for_ever_costs_no_memory_and_no_packets()
    {
        var (connection, host) = _bench.OpenFromGuest(buffer: 0);
        host.ProgramWrites(new byte[4096]);
        _bench.Report(connection, host);
        Assert.Equal(VsockOperation.CreditRequest, _bench.ReceivedOne().Header.Operation);

        for (var minute = 0; minute < 60; minute++)
        {
            _bench.Send(Bench.Packet(VsockOperation.CreditUpdate) with { BufferAllocated = 0 });
            _bench.Elapse(60_000);
        }

        Assert.Empty(_bench.Received());
        Assert.Equal(4096, host.Unsent);
        Assert.Equal(0, _bench.Bridge.Table.Buffers.Lent);
    }

    [Fact]
    public void A_full_guest_that_takes_no_replies_loses_them_after_their_time()
    {
        var (_, host) = _bench.OpenFromGuest();
        _bench.Receiver.Buffers = 0;
        _bench.Send(Bench.Packet((VsockOperation)99));
        Assert.True(host.DeviceClosed);

        _bench.Elapse(VsockLimits.Default.Close + 1);

        Assert.Equal(0, _bench.Bridge.Table.Count);
    }

    [Fact]
    public void A_reset_that_waited_too_long_gives_up_its_connection_and_still_arrives()
    {
        var (connection, _) = _bench.OpenFromGuest();
        _bench.Receiver.Buffers = 0;
        _bench.Send(Bench.Packet((VsockOperation)99));
        _bench.Elapse(VsockLimits.Default.Close + 1);

        _bench.Receiver.Buffers = int.MaxValue;
        _bench.Serve();

        var reset = _bench.ReceivedOne().Header;
        Assert.Equal((VsockOperation.Reset, connection.Key), (reset.Operation, new ConnectionKey(reset.SourcePort, reset.DestinationPort)));
    }
}
