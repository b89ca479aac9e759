using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>A guest that is reset under its connections: they end, and the next boot is reachable again.</summary>
public sealed class ResetTests(ResetTests.OwnMachine machine) : MachineTests, IClassFixture<ResetTests.OwnMachine>
{
    private const uint EchoPort = 5000;

    [Fact]
    public async Task A_reset_drops_connections_and_the_next_boot_answers()
    {
        var before = machine.Facts;
        await machine.Sandbox.InGuestAsync(Machine.Vm, "touch /tmp/before");
        await using var stream = await GuestStream.DialAsync(machine.Sandbox.Runtime, before.Cid, EchoPort);
        await stream.WriteAsync(new byte[1], Cancel);
        await stream.ReadExactlyAsync(new byte[1], Cancel);

        // The VMM was told to end where a guest restarts; an operator can tell it otherwise.
        await QmpSocket.RunAsync(
            before.ControlSocket, """{"execute":"set-action","arguments":{"reboot":"reset"}}""", """{"execute":"system_reset"}""");

        await EndsAsync(stream);
        await AnswersAsync();
        Assert.Equal(before, machine.Facts);
    }

    private static async Task EndsAsync(Stream stream)
    {
        try
        {
            Assert.Equal(0, await stream.ReadAsync(new byte[1], Cancel).AsTask().WaitAsync(Speed.Scale(10), Cancel));
        }
        catch (IOException)
        {
            // Reset instead of closed.
        }
    }

    private async Task AnswersAsync()
    {
        for (var end = DateTime.UtcNow + Speed.Scale(60); ; await Task.Delay(200, Cancel))
        {
            var result = await machine.Sandbox.VshAsync(Machine.Vm, "--user=root", "--", "sh", "-c", "test ! -e /tmp/before && echo fresh");
            if (result.Output == "fresh\n")
            {
                return;
            }

            Assert.True(DateTime.UtcNow < end, $"The machine did not come back: {result}");
        }
    }

    public sealed class OwnMachine() : PeerMachine(nameof(ResetTests), $"{GuestProgram.Vsock.Path} echo {EchoPort}");
}
