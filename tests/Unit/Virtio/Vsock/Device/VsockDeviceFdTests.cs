using System.Globalization;
using VmTools.Unit.Virtio.Fakes;
using Xunit;
using static VmTools.Unit.Virtio.Vsock.Device.HostProgram;

namespace VmTools.Unit.Virtio.Vsock.Device;

/// <summary>What the device opens it closes, and no child gets it. Fds are counted, so nothing runs beside.</summary>
[Collection(nameof(FdCounting))]
public sealed class VsockDeviceFdTests
{
    [Fact]
    public void A_hundred_clients_closed_in_mid_transfer_harm_nobody_and_leave_no_fd()
    {
        using var bench = new DeviceBench();
        using var steady = bench.Dial(RingGuest.Echo);
        var fds = FdCounting.Open();
        var sockets = Enumerable.Range(0, 100).Select(_ => bench.Dial(RingGuest.Source)).ToList();
        sockets.ForEach(socket => socket.Receive(new byte[1000]));

        sockets.ForEach(socket => socket.Dispose());

        Assert.True(EchoesWhole(steady, seed: 3, size: 1 << 20, end: false));
        bench.Until(() => bench.Device.ConnectionCount == 1, "connections are left");
        FdCounting.AssertNothingBeside(fds);
    }

    [Fact]
    public void Two_hundred_devices_of_one_guest_one_after_the_other_leave_no_fd()
    {
        Once();
        var fds = FdCounting.Open();

        for (var i = 0; i < 200; i++)
        {
            Once();
        }

        FdCounting.AssertNothingBeside(fds);

        static void Once()
        {
            using var bench = new DeviceBench();
            using var socket = bench.Dial(RingGuest.Echo);
        }
    }

    [Fact]
    public void No_fd_of_the_device_is_inherited_by_a_child()
    {
        using var bench = new DeviceBench();
        using var listener = bench.Listen(7777);
        using var socket = bench.Dial(RingGuest.Echo);
        var guest = bench.Ask(() => bench.Guest.Dial(7777));
        bench.Until(() => guest.IsOpen, "the guest was not accepted");

        var inherited = Directory.GetFiles("/proc/self/fdinfo")
            .Where(file => int.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture) > 2)
            .Where(IsInherited)
            .Select(file => new FileInfo(file.Replace("fdinfo", "fd", StringComparison.Ordinal)).LinkTarget)
            .OfType<string>()
            .Where(target => target.StartsWith("socket:", StringComparison.Ordinal) || target.Contains("event", StringComparison.Ordinal));

        Assert.Empty(inherited);
    }

    private static bool IsInherited(string info)
    {
        try
        {
            var flags = File.ReadLines(info).First(line => line.StartsWith("flags:", StringComparison.Ordinal))[6..].Trim();
            return (Convert.ToInt64(flags, 8) & Convert.ToInt64("2000000", 8)) == 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
