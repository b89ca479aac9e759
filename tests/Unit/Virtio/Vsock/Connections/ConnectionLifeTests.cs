using System.Text;
using VmTools.Unit.Virtio.Vsock.HostStreams;
using VmTools.Unit.Virtio.Vsock.Packets;
using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Packets;
using Xunit;

namespace VmTools.Unit.Virtio.Vsock.Connections;

/// <summary>Opening, waiting, stopping and starting anew.</summary>
public sealed class ConnectionLifeTests
{
    private readonly Bench _bench = new();

    [Fact]
    public void The_host_program_hears_ok_before_any_byte_of_the_guest()
    {
        var host = new FakeHost();
        var connection = _bench.Bridge.OpenToGuest(7, host)!;
        _bench.Serve();

        _bench.Send(Bench.Packet(VsockOperation.Response, 7, connection.Key.HostPort));
        _bench.Send(Bench.Packet(VsockOperation.ReadWrite, 7, connection.Key.HostPort), "hello"u8.ToArray());

        Assert.Equal($"OK {connection.Key.HostPort}\nhello", Encoding.ASCII.GetString(host.ProgramReads()));
    }

    [Fact]
    public void Bytes_sent_together_with_the_request_follow_the_guests_answer()
    {
        var host = new FakeHost();
        host.ProgramWrites("early"u8);
        var connection = _bench.Bridge.OpenToGuest(7, host)!;
        _bench.Report(connection, host);
        Assert.Equal(VsockOperation.Request, _bench.ReceivedOne().Header.Operation);

        _bench.Send(Bench.Packet(VsockOperation.Response, 7, connection.Key.HostPort));

        Assert.Equal("early"u8.ToArray(), _bench.ReceivedOne().Payload);
    }

    [Fact]
    public void A_refusal_closes_the_host_program_without_a_word()
    {
        var host = new FakeHost();
        var connection = _bench.Bridge.OpenToGuest(7, host)!;
        _bench.Serve();

        _bench.Send(Bench.Packet(VsockOperation.Reset, 7, connection.Key.HostPort));

        Assert.True(host.DeviceClosed);
        Assert.Equal(0, host.Waiting);
        Assert.Equal(0, _bench.Bridge.Table.Ports.Taken);
    }

    [Fact]
    public void A_guest_that_never_answers_is_given_up_after_the_handshake_limit()
    {
        var host = new FakeHost();
        _bench.Bridge.OpenToGuest(7, host);
        _bench.Serve();
        _bench.Received();

        _bench.Elapse(VsockLimits.Default.Handshake + 1);

        Assert.True(host.DeviceClosed);
        Assert.Equal(VsockOperation.Reset, _bench.ReceivedOne().Header.Operation);
    }

    [Fact]
    public void A_guest_without_buffers_keeps_an_accepted_request_only_so_long()
    {
        _bench.Receiver.Buffers = 0;
        _bench.Send(Bench.Packet(VsockOperation.Request));

        _bench.Elapse(VsockLimits.Default.Handshake + 1);
        _bench.Elapse(VsockLimits.Default.Close + 1);

        Assert.True(_bench.Programs.DialledFor[Bench.GuestPort].DeviceClosed);
        Assert.Equal(0, _bench.Bridge.Table.Count);
    }

    [Fact]
    public void A_stopped_guest_is_sent_nothing_and_loses_nothing()
    {
        var (connection, host) = _bench.OpenFromGuest();
        _bench.Bridge.Stop();
        host.ProgramWrites("waits"u8);
        _bench.Report(connection, host);
        Assert.Empty(_bench.Received());
        Assert.Equal(5, host.Unsent);

        _bench.Bridge.Resume();
        _bench.Serve();

        Assert.Equal("waits"u8.ToArray(), _bench.ReceivedOne().Payload);
    }

    [Fact]
    public void Time_stands_still_for_what_a_stopped_guest_should_do()
    {
        var (connection, host) = _bench.OpenFromGuest();
        host.ProgramCloses();
        _bench.Report(connection, host);
        _bench.Received();
        _bench.Bridge.Stop();

        _bench.Elapse(3_600_000);
        _bench.Bridge.Resume();
        _bench.Elapse(VsockLimits.Default.Close - 1);
        Assert.Equal(ConnectionState.Closing, connection.State);
        _bench.Elapse(2);

        Assert.Equal(ConnectionState.Gone, connection.State);
    }

    [Fact]
    public void A_new_driver_begins_with_no_connections()
    {
        var (_, host) = _bench.OpenFromGuest();
        _bench.Bridge.Stop();

        _bench.Bridge.Restart();
        _bench.Bridge.Resume();
        _bench.Serve();

        Assert.True(host.DeviceClosed);
        Assert.Equal(0, _bench.Bridge.Table.Count);
        Assert.Empty(_bench.Received());
    }

    [Fact]
    public void A_request_the_old_driver_never_saw_goes_to_the_new_one()
    {
        _bench.Bridge.Stop();
        _bench.Bridge.OpenToGuest(7, new FakeHost());

        _bench.Bridge.Restart();
        _bench.Bridge.Resume();
        _bench.Serve();

        Assert.Equal(VsockOperation.Request, _bench.ReceivedOne().Header.Operation);
    }

    [Fact]
    public void Control_goes_before_data_and_in_its_own_order()
    {
        var (connection, host) = _bench.OpenFromGuest();
        _bench.Bridge.Stop();
        host.ProgramWrites(new byte[10]);
        _bench.Report(connection, host);
        _bench.Bridge.OpenToGuest(7, new FakeHost());
        _bench.Bridge.Receive(Bench.Packet(VsockOperation.CreditRequest), BytesPayload.None);
        _bench.Bridge.Receive(Bench.Packet(VsockOperation.Request, guestPort: 99), BytesPayload.None);
        _bench.Bridge.Receive(Bench.Packet(VsockOperation.ReadWrite, guestPort: 98), BytesPayload.None);

        _bench.Bridge.Resume();
        _bench.Serve();

        Assert.Equal(
            [VsockOperation.Reset, VsockOperation.Response, VsockOperation.Request, VsockOperation.CreditUpdate, VsockOperation.ReadWrite],
            _bench.Received().Select(packet => packet.Header.Operation));
    }

    [Fact]
    public void Every_packet_carries_the_space_and_what_was_delivered()
    {
        var (connection, _) = _bench.OpenFromGuest();
        _bench.Send(Bench.Packet(VsockOperation.ReadWrite), new byte[100]);

        _bench.Send(Bench.Packet(VsockOperation.CreditRequest));

        var update = _bench.ReceivedOne().Header;
        Assert.Equal((VsockOperation.CreditUpdate, 100u), (update.Operation, update.ForwardCount));
        Assert.Equal(connection.HostBound.Window.BufferAllocated, update.BufferAllocated);
    }

    [Fact]
    public void Data_is_packed_into_as_few_buffers_as_hold_it()
    {
        var (connection, host) = _bench.OpenFromGuest();
        host.SocketSpace = 65536;
        for (var i = 0; i < 1000; i++)
        {
            host.ProgramWrites([(byte)i]);
        }

        _bench.Report(connection, host);

        Assert.Equal(1000, _bench.ReceivedOne().Payload.Length);
    }
}
