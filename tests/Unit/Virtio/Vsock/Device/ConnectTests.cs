using System.Net.Sockets;
using System.Text;
using Xunit;
using static VmTools.Unit.Virtio.Vsock.Device.HostProgram;

namespace VmTools.Unit.Virtio.Vsock.Device;

/// <summary>How host programs ask for a port of the guest, and how not.</summary>
public sealed class ConnectTests
{
    [Fact]
    public void A_connect_line_may_come_byte_by_byte()
    {
        using var bench = new DeviceBench();
        using var socket = bench.Connect();
        foreach (var value in "CONNECT 1000\n"u8.ToArray())
        {
            socket.Send([value]);
            Thread.Sleep(10);
        }

        Assert.StartsWith("OK ", DeviceBench.ReadLine(socket));
        Assert.True(EchoesWhole(socket, seed: 9, size: 1000));
    }

    [Fact]
    public void Bytes_behind_the_connect_line_are_payload()
    {
        using var bench = new DeviceBench();
        using var socket = bench.Connect();
        socket.Send("CONNECT 1000\nCONNECT 1001\nand more"u8);
        socket.Shutdown(SocketShutdown.Send);

        Assert.StartsWith("OK ", DeviceBench.ReadLine(socket));
        Assert.Equal("CONNECT 1001\n", DeviceBench.ReadLine(socket));
        Assert.Equal("and more", DeviceBench.ReadLine(socket));
    }

    [Fact]
    public void Sixty_four_clients_at_once_are_all_served_while_as_many_dawdle()
    {
        using var bench = new DeviceBench();
        var slow = Enumerable.Range(0, 64).Select(_ => bench.Connect()).ToList();
        var quick = Enumerable.Range(0, 64).Select(_ => bench.Connect()).ToList();

        quick.ForEach(socket => socket.Send("CONNECT 1000\n"u8));

        Assert.All(quick, socket => Assert.StartsWith("OK ", DeviceBench.ReadLine(socket)));
        Assert.Equal(64, bench.Ask(() => bench.Device.Handshakes));
        slow.ForEach(socket => socket.Send("CONNECT 1000\n"u8));
        Assert.All(slow, socket => Assert.StartsWith("OK ", DeviceBench.ReadLine(socket)));
        slow.Concat(quick).ToList().ForEach(socket => socket.Dispose());
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT 99999999999999999999999999999999")]
    [InlineData("\0\u0001\u0002\u0003")]
    public void Garbage_is_closed_without_a_word(string text)
    {
        using var bench = new DeviceBench();
        using var socket = bench.Connect();

        socket.Send(Encoding.Latin1.GetBytes(text));

        Assert.Equal("", ReadToEnd(socket));
        bench.Until(() => bench.Device.Handshakes == 0, "a handshake is left");
    }

    [Fact]
    public void A_mebibyte_without_a_newline_is_cut_off_early()
    {
        using var bench = new DeviceBench();
        using var socket = bench.Connect();

        Assert.ThrowsAny<SocketException>(() =>
        {
            for (var sent = 0; sent < 1 << 20; sent += socket.Send(Encoding.ASCII.GetBytes(new string('1', 4096))))
            {
            }
        });
    }

    [Fact]
    public void A_port_nobody_serves_in_the_guest_is_closed_without_a_word()
    {
        using var bench = new DeviceBench();
        using var socket = bench.Connect();

        socket.Send("CONNECT 4444\n"u8);

        Assert.Equal("", ReadToEnd(socket));
    }

    [Fact]
    public void A_client_that_leaves_right_after_asking_leaves_nothing()
    {
        using var bench = new DeviceBench();
        for (var i = 0; i < 50; i++)
        {
            using var socket = bench.Connect();
            socket.Send("CONNECT 1000\n"u8);
        }

        bench.Until(() => bench.Device.ConnectionCount == 0 && bench.Device.Handshakes == 0, "something is left");
    }

    [Fact]
    public void A_client_that_comes_before_the_guest_is_up_is_served_when_it_is()
    {
        using var bench = new DeviceBench(boot: false);
        using var socket = bench.Connect();
        socket.Send("CONNECT 1000\nearly"u8);
        bench.Until(() => bench.Device.ConnectionCount == 1, "the request was not taken");

        bench.Do(bench.Boot);

        Assert.StartsWith("OK ", DeviceBench.ReadLine(socket));
        var echo = new byte[5];
        Assert.Equal(5, socket.Receive(echo));
    }

    [Fact]
    public void A_client_of_a_guest_that_never_comes_up_is_closed_after_its_time()
    {
        using var bench = new DeviceBench(boot: false, handshake: 500);
        using var socket = bench.Connect();

        socket.Send("CONNECT 1000\n"u8);

        Assert.Equal("", ReadToEnd(socket));
    }

    [Fact]
    public void Unshared_memory_is_said_and_refused_at_once()
    {
        using var bench = new DeviceBench(boot: false, handshake: 60_000);
        bench.Do(bench.Device.GuestMemoryNotShared);
        using var socket = bench.Connect();

        socket.Send("CONNECT 1000\n"u8);

        Assert.Equal("", ReadToEnd(socket));
    }
}
