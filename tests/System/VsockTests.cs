using System.Security.Cryptography;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>Raw vsock streams between host and guest, many at once.</summary>
public sealed class VsockTests(VsockTests.OwnMachine machine) : MachineTests, IClassFixture<VsockTests.OwnMachine>
{
    private const uint EchoPort = 5000;
    private const uint StallPort = 5001;
    private const int Megabyte = 1024 * 1024;

    private static readonly TimeSpan Limit = Speed.Scale(60);

    private string Runtime => machine.Sandbox.Runtime;

    private uint Cid => machine.Facts.Cid;

    [Fact]
    public async Task Thirty_two_echoes_of_a_megabyte_from_the_host_come_back_unchanged()
    {
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => EchoMegabyteAsync())).WaitAsync(Limit, Cancel);
    }

    [Fact]
    public async Task Thirty_two_echoes_of_a_megabyte_from_the_guest_come_back_unchanged()
    {
        const uint port = 6000;
        using var listener = GuestStream.Listen(Runtime, port);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var serving = Task.WhenAll(Enumerable.Range(0, 32).Select(async _ =>
        {
            var (stream, line) = await GuestStream.AcceptAsync(listener, stop.Token);
            await using var accepted = stream;
            Assert.StartsWith($"PEER {Cid} ", line, StringComparison.Ordinal);
            await stream.CopyToAsync(stream, stop.Token);
        }));

        var said = await machine.Sandbox.InGuestAsync(Machine.Vm, $"{GuestProgram.Vsock.Path} rounds 2 {port} 32 {Megabyte}");

        Assert.Equal("32 of 32 right\n", said);
        await serving.WaitAsync(Limit, Cancel);
    }

    [Fact]
    public async Task Two_hundred_connections_are_open_at_once_and_each_answers()
    {
        var streams = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => GuestStream.DialAsync(Runtime, Cid, EchoPort)))
            .WaitAsync(Limit, Cancel);

        foreach (var (stream, number) in streams.Select((stream, number) => (stream, number)))
        {
            await stream.WriteAsync(BitConverter.GetBytes(number), Cancel);
        }

        var answers = await Task.WhenAll(streams.Select(async stream =>
        {
            var answer = new byte[4];
            await stream.ReadExactlyAsync(answer, Cancel);
            return BitConverter.ToInt32(answer);
        })).WaitAsync(Limit, Cancel);
        Assert.Equal(Enumerable.Range(0, 200), answers);
        Array.ForEach(streams, stream => stream.Dispose());
    }

    [Fact]
    public async Task A_reader_that_stalls_slows_nobody_else()
    {
        await using var stalled = await GuestStream.DialAsync(Runtime, Cid, StallPort);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var pushing = PushAsync(stalled, stop.Token);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => EchoMegabyteAsync())).WaitAsync(Limit, Cancel);

        Assert.False(pushing.IsCompleted, "The stalled stream took everything, so nothing was tested.");
        await stop.CancelAsync();
        await pushing;
    }

    [Fact]
    public async Task A_port_nobody_serves_is_refused_at_once()
    {
        Assert.Null(await GuestStream.TryDialAsync(Runtime, Cid, 5999).WaitAsync(Speed.Scale(5), Cancel));
    }

    [Fact]
    public async Task A_machine_that_is_paused_and_resumed_keeps_its_connections()
    {
        await using var stream = await GuestStream.DialAsync(Runtime, Cid, EchoPort);
        await QmpSocket.RunAsync(machine.Facts.ControlSocket, """{"execute":"stop"}""");
        await stream.WriteAsync("written while it stood still"u8.ToArray(), Cancel);

        await QmpSocket.RunAsync(machine.Facts.ControlSocket, """{"execute":"cont"}""");

        var answer = new byte[28];
        await stream.ReadExactlyAsync(answer, Cancel).AsTask().WaitAsync(Limit, Cancel);
        Assert.Equal("written while it stood still", System.Text.Encoding.ASCII.GetString(answer));
    }

    private async Task EchoMegabyteAsync()
    {
        var sent = RandomNumberGenerator.GetBytes(Megabyte);
        await using var stream = await GuestStream.DialAsync(Runtime, Cid, EchoPort);
        var sending = SendAsync(stream, sent);
        using var received = new MemoryStream();
        await stream.CopyToAsync(received, Cancel);
        await sending;
        Assert.Equal(Convert.ToHexString(SHA256.HashData(sent)), Convert.ToHexString(SHA256.HashData(received.ToArray())));
    }

    private static async Task SendAsync(System.Net.Sockets.NetworkStream stream, byte[] bytes)
    {
        await stream.WriteAsync(bytes, Cancel);
        stream.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
    }

    private static async Task PushAsync(Stream to, CancellationToken cancel)
    {
        try
        {
            for (var i = 0; i < 64; i++)
            {
                await to.WriteAsync(new byte[Megabyte], cancel);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    public sealed class OwnMachine() : PeerMachine(
        nameof(VsockTests), $"{GuestProgram.Vsock.Path} echo {EchoPort} && {GuestProgram.Vsock.Path} stall {StallPort}");
}
