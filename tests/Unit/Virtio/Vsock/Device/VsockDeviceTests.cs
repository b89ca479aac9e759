using System.Net.Sockets;
using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Packets;
using Xunit;
using static VmTools.Unit.Virtio.Vsock.Device.HostProgram;

namespace VmTools.Unit.Virtio.Vsock.Device;

/// <summary>The device under real sockets, with what is known to go wrong there.</summary>
public sealed class VsockDeviceTests
{
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Thirty_two_parallel_echoes_of_a_mebibyte_come_back_whole(bool eventIndex, bool splitBuffers)
    {
        using var bench = new DeviceBench(eventIndex, splitBuffers);

        var results = new bool[32];
        InParallel(32, i =>
        {
            using var socket = bench.Dial(RingGuest.Echo);
            results[i] = EchoesWhole(socket, seed: i, size: 1 << 20);
        });

        Assert.DoesNotContain(false, results);
        bench.Until(() => bench.Device.ConnectionCount == 0, "connections are left");
    }

    [Fact]
    public void The_guest_dials_out_and_is_introduced_before_its_first_byte()
    {
        using var bench = new DeviceBench();
        using var listener = bench.Listen(7777);
        var guest = bench.Ask(() => bench.Guest.Dial(7777));

        using var accepted = listener.Accept();

        Assert.Equal($"PEER {Bench.Guest} {guest.GuestPort}\n", DeviceBench.ReadLine(accepted));
        Assert.True(EchoesWhole(accepted, seed: 5, size: 1 << 20));
    }

    [Fact]
    public void A_request_nobody_listens_for_is_refused_and_the_next_one_works()
    {
        using var bench = new DeviceBench();
        var refused = bench.Ask(() => bench.Guest.Dial(7777));
        bench.Until(() => refused.IsRefused, "the guest was not refused");

        using var listener = bench.Listen(7777);
        var accepted = bench.Ask(() => bench.Guest.Dial(7777));

        bench.Until(() => accepted.IsOpen, "the guest was not accepted");
    }

    [Fact]
    public void Two_hundred_connections_stay_open_and_an_idle_device_does_nothing()
    {
        using var bench = new DeviceBench(handshake: 2000);
        var sockets = Enumerable.Range(0, 200).Select(_ => bench.Dial(RingGuest.Echo)).ToList();
        foreach (var socket in sockets)
        {
            Assert.True(EchoesWhole(socket, seed: 1, size: 10, end: false));
        }

        // The handshakes' time limits run out once; after that nothing at all may wake the loop.
        bench.Until(() => bench.Device.Bridge.NextDeadline == VsockConnection.Never, "a deadline is left");
        var before = bench.Ask(() => bench.BusyTurns);
        Thread.Sleep(1000);

        Assert.Equal(before, bench.Ask(() => bench.BusyTurns));
        sockets.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public void A_socket_that_stays_full_does_not_wake_the_loop()
    {
        using var bench = new DeviceBench(handshake: 2000);
        using var socket = bench.Dial(RingGuest.Source);
        bench.Until(() => bench.Device.Bridge.NextDeadline == VsockConnection.Never, "a deadline is left");
        Thread.Sleep(300);
        var before = bench.Ask(() => bench.BusyTurns);
        Thread.Sleep(500);

        Assert.Equal(before, bench.Ask(() => bench.BusyTurns));
    }

    [Fact]
    public void A_stalled_reader_slows_nobody()
    {
        using var bench = new DeviceBench();
        using var deaf = bench.Dial(RingGuest.Deaf);
        deaf.Blocking = false;
        FillUp(deaf);
        using var flooded = bench.Dial(RingGuest.Source);

        using var socket = bench.Dial(RingGuest.Echo);
        for (var i = 0; i < 50; i++)
        {
            Assert.True(EchoesWhole(socket, seed: i, size: 100, end: false));
        }
    }

    [Fact]
    public void The_host_ends_its_direction_and_reads_the_answer()
    {
        using var bench = new DeviceBench();
        using var socket = bench.Dial(RingGuest.Sink);
        socket.Send(new byte[12345]);
        socket.Shutdown(SocketShutdown.Send);

        var answer = new byte[8];
        Assert.Equal(8, socket.Receive(answer));

        Assert.Equal(12345, BitConverter.ToInt64(answer));
        Assert.Equal(0, socket.Receive(answer));
    }

    [Fact]
    public void The_guest_ends_its_direction_and_reads_the_answer()
    {
        using var bench = new DeviceBench();
        using var listener = bench.Listen(7777);
        var guest = bench.Ask(() => bench.Guest.Dial(7777));
        using var accepted = listener.Accept();
        accepted.ReceiveTimeout = 10_000;
        bench.Do(() =>
        {
            guest.ToSend.Write("question"u8);
            guest.EndWhenSent = true;
        });

        DeviceBench.ReadLine(accepted);
        Assert.Equal("question", DeviceBench.ReadLine(accepted));
        accepted.Send("answer"u8);

        bench.Until(() => guest.Total == 6, "the answer did not come");
    }

    [Fact]
    public async Task Stopping_and_going_on_under_load_loses_nothing()
    {
        using var bench = new DeviceBench();
        var results = new bool[4];
        var work = Task.Run(() => InParallel(4, i =>
        {
            using var socket = bench.Dial(RingGuest.Echo);
            results[i] = EchoesWhole(socket, seed: i, size: 4 << 20);
        }), TestContext.Current.CancellationToken);

        var stops = 0;
        while (!work.IsCompleted)
        {
            bench.Do(() =>
            {
                var (rx, tx) = bench.Stop();
                bench.Start(rx, tx, resumed: true);
            });
            stops++;
        }

        await work;
        Assert.DoesNotContain(false, results);
        Assert.True(stops > 10, $"only {stops} stops");
    }

    [Fact]
    public void A_new_driver_closes_the_old_ones_streams_and_serves_new_ones()
    {
        using var bench = new DeviceBench();
        using var old = bench.Dial(RingGuest.Echo);
        bench.Do(() => bench.Stop());

        bench.Do(() =>
        {
            bench.Device.DriverReset();
            bench.Boot();
        });

        Assert.Equal(0, old.Receive(new byte[1]));
        using var fresh = bench.Dial(RingGuest.Echo);
        Assert.True(EchoesWhole(fresh, seed: 1, size: 1000));
    }

    [Fact]
    public void A_broken_ring_closes_every_stream_and_a_new_driver_works()
    {
        using var bench = new DeviceBench();
        using var old = bench.Dial(RingGuest.Echo);

        bench.Do(() =>
        {
            bench.Guest.Tx.AvailableIndex += 1000;
            bench.Device.QueueKicked(1);
        });
        Assert.Equal(0, old.Receive(new byte[1]));
        bench.Do(() =>
        {
            bench.Stop();
            bench.Device.DriverReset();
            bench.Boot();
        });

        using var fresh = bench.Dial(RingGuest.Echo);
        Assert.True(EchoesWhole(fresh, seed: 1, size: 1000));
    }

    [Fact]
    public async Task Rx_buffers_that_come_back_late_find_everything_still_there()
    {
        using var bench = new DeviceBench();
        using var socket = bench.Dial(RingGuest.Echo);
        bench.Do(() => bench.Guest.TakesPackets = false);
        var echo = Task.Run(() => EchoesWhole(socket, seed: 8, size: 1 << 20), TestContext.Current.CancellationToken);
        Thread.Sleep(300);

        bench.Do(() => bench.Guest.TakesPackets = true);

        Assert.True(await echo);
    }

    [Fact]
    public void A_flood_of_hostile_packets_leaves_the_others_alone()
    {
        using var bench = new DeviceBench();
        using var socket = bench.Dial(RingGuest.Echo);
        bench.Do(() =>
        {
            for (var i = 0u; i < 20_000; i++)
            {
                bench.Guest.SendRaw(Bench.Packet((VsockOperation)(i % 12), i, 5555) with { DestinationCid = i % 3 }, []);
            }
        });

        Assert.True(EchoesWhole(socket, seed: 1, size: 1 << 20));
    }

    [Fact]
    public void A_header_that_claims_more_than_its_chain_holds_is_dropped()
    {
        using var bench = new DeviceBench();
        using var socket = bench.Dial(RingGuest.Echo);
        bench.Do(() => bench.Guest.SendRaw(Bench.Packet(VsockOperation.ReadWrite, 1, 5555) with { Length = 65536 }, [1, 2, 3]));

        Assert.True(EchoesWhole(socket, seed: 1, size: 1000));
    }
}
