using Xunit;
using static VmTools.Unit.Virtio.Vsock.Device.HostProgram;

namespace VmTools.Unit.Virtio.Vsock.Device;

/// <summary>Guest programs that make the device owe more replies than rx takes: it goes on serving the others.</summary>
public sealed class FloodTests
{
    private const uint Port = 7779;
    private const int Flood = 5000;

    [Fact]
    public void Connects_to_an_absent_port_that_are_closed_at_once_wedge_nothing()
    {
        using var bench = new DeviceBench();

        FloodAndRecover(bench);
    }

    [Fact]
    public void Connects_to_a_program_that_never_accepts_wedge_nothing()
    {
        using var bench = new DeviceBench();
        using var listener = bench.Listen(Port);

        FloodAndRecover(bench);
    }

    [Fact]
    public void Connects_to_a_program_that_accepts_wedge_nothing()
    {
        using var bench = new DeviceBench();
        using var listener = bench.Listen(Port);
        var accepting = new Thread(() => AcceptAll(listener));
        accepting.Start();

        FloodAndRecover(bench);

        listener.Dispose();
        accepting.Join();
    }

    [Fact]
    public void Every_tx_packet_is_taken_while_the_guest_takes_none_from_rx()
    {
        using var bench = new DeviceBench();
        using var listener = bench.Listen(Port);
        bench.Do(() => bench.Guest.TakesPackets = false);

        bench.Do(() => bench.Guest.Flood(Port, Flood));
        bench.Do(() => bench.Guest.Flood(Port + 1, Flood));

        bench.Until(() => bench.Guest.Unsent == 0, "tx packets are left while rx stands still");
        bench.Do(() => bench.Guest.TakesPackets = true);
        AssertServed(bench);
    }

    private static void FloodAndRecover(DeviceBench bench)
    {
        using var steady = bench.Dial(RingGuest.Echo);

        bench.Do(() => bench.Guest.Flood(Port, Flood));

        bench.Until(() => bench.Guest.Unsent == 0, "the guest's packets are not taken");
        bench.Until(() => bench.Device.ConnectionCount == 1, "connections are left");
        Assert.True(EchoesWhole(steady, seed: 4, size: 100_000, end: false));
        AssertServed(bench);
    }

    private static void AssertServed(DeviceBench bench)
    {
        using var late = bench.Dial(RingGuest.Echo);
        Assert.True(EchoesWhole(late, seed: 5, size: 100_000));
    }

    private static void AcceptAll(System.Net.Sockets.Socket listener)
    {
        try
        {
            while (true)
            {
                listener.Accept().Dispose();
            }
        }
        catch (Exception over) when (over is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
