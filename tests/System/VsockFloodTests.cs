using System.Globalization;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>
/// Unprivileged guest programs that open vsock connections as fast as they can. Linux's driver takes no packet while too many of its
/// replies wait for the device; the device must take them whatever it owes itself.
/// </summary>
public sealed class VsockFloodTests(VsockFloodTests.OwnMachine machine) : MachineTests, IClassFixture<VsockFloodTests.OwnMachine>
{
    private const int Seconds = 2;

    /// <summary>The device's own sockets, and what a few agents of the guest hold open.</summary>
    private const int SocketsAtRest = 20;

    private LogReader Logs => new(machine.Sandbox, Machine.Vm);

    [Theory]
    [InlineData(9999)]
    [InlineData(7779)]
    [InlineData(5999)]
    public async Task A_flood_of_connects_and_closes_wedges_nothing(int port)
    {
        var flood = await FloodAsync(port);
        Assert.InRange(long.Parse(flood.Split(' ')[0], CultureInfo.InvariantCulture), 1000, long.MaxValue);

        await AssertServedAsync($"after {port}");
    }

    [Fact]
    public async Task A_flood_to_a_daemon_that_accepts_nothing_wedges_nothing()
    {
        using (GuestStream.Listen(machine.Sandbox.Runtime, 6001))
        {
            await FloodAsync(6001);

            await AssertServedAsync("after a deaf daemon");
        }
    }

    [Fact]
    public async Task Connections_that_a_guest_program_holds_leave_room_for_the_host()
    {
        using var listener = GuestStream.Listen(machine.Sandbox.Runtime, 6002);
        var accepting = AcceptAllAsync(listener);
        await machine.Sandbox.InGuestAsync(Machine.Vm, $"{GuestProgram.Vsock.Path} hold 2 6002 1000 >/tmp/held & echo $! >/tmp/holder");
        await WaitForAsync(
            machine.Sandbox, async () => (await machine.Sandbox.VshAsync(Machine.Vm, "--", "grep", "-q", "held", "/tmp/held")).Code == 0);

        var held = await machine.Sandbox.InGuestAsync(Machine.Vm, "cat /tmp/held; kill $(cat /tmp/holder)");

        Assert.InRange(int.Parse(held.Split(' ')[0], CultureInfo.InvariantCulture), 200, 448);
        listener.Dispose();
        foreach (var stream in await accepting)
        {
            stream.Dispose();
        }

        await AssertServedAsync("after the holder");
    }

    [Fact]
    public async Task Sixty_four_shells_are_dialled_at_once()
    {
        var dials = await Task.WhenAll(
            Enumerable.Range(0, 64).Select(_ => GuestStream.TryDialAsync(machine.Sandbox.Runtime, machine.Facts.Cid, 5000)))
            .WaitAsync(Speed.Scale(60), Cancel);

        Assert.DoesNotContain(null, dials);
        Array.ForEach(dials, stream => stream!.Dispose());
    }

    /// <summary>As the guest's ordinary user, which is what vsh begins as.</summary>
    private async Task<string> FloodAsync(int port)
    {
        var flood = await machine.Sandbox.VshAsync(
            Machine.Vm, "--", "sh", "-c", $"test $(id -u) != 0 && exec {GuestProgram.Vsock.Path} flood 2 {port} {Seconds}");
        Assert.True(flood.Code == 0, flood.ToString());
        return flood.Output;
    }

    private async Task AssertServedAsync(string words)
    {
        await machine.Sandbox.InGuestAsync(Machine.Vm, $"logger -t flood '{words}'");
        Assert.Single(await Logs.ReadAsync("--user", $"flood: {words}$", 1));
        await WaitForAsync(machine.Sandbox, () => Sockets() < SocketsAtRest);
    }

    private int Sockets() => new DirectoryInfo($"/proc/{machine.Facts.DevicePid}/fd").EnumerateFileSystemInfos()
        .Count(file => file.LinkTarget is { } target && target.StartsWith("socket:", StringComparison.Ordinal));

    private static async Task<List<System.Net.Sockets.Socket>> AcceptAllAsync(System.Net.Sockets.Socket listener)
    {
        List<System.Net.Sockets.Socket> accepted = [];
        try
        {
            while (true)
            {
                accepted.Add(await listener.AcceptAsync(Cancel));
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            return accepted;
        }
    }

    public sealed class OwnMachine() : PeerMachine(
        nameof(VsockFloodTests), $"chmod 755 {GuestProgram.Vsock.Path}; {GuestProgram.Vsock.Path} echo 5000");
}
