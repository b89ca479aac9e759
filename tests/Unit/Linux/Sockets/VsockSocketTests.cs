using VmTools.Linux;
using VmTools.Linux.Sockets;
using Xunit;

namespace VmTools.Unit.Linux.Sockets;

public sealed class VsockSocketTests
{
    private const uint LoopbackCid = 1;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_peer_that_cannot_be_reached_is_an_error_in_time()
    {
        Assert.SkipUnless(VsockSocket.IsAvailable(), "This kernel has no AF_VSOCK.");

        await Assert.ThrowsAsync<LinuxException>(
            () => VsockSocket.ConnectAsync(4_000_000_000, 1, TimeSpan.FromSeconds(1), TimeProvider.System, Cancel));
    }

    [Fact]
    public async Task Waiting_for_a_connection_ends_with_the_callers_patience_or_the_listener()
    {
        Assert.SkipUnless(VsockSocket.IsAvailable(), "This kernel has no AF_VSOCK.");
        var listener = VsockListenerSocket.Listen(VsockSocket.AnyCid, 51_001, 4);
        using var patience = new CancellationTokenSource();

        var accepting = listener.AcceptAsync(patience.Token).AsTask();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);

        accepting = listener.AcceptAsync(Cancel).AsTask();
        listener.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);
    }

    [Fact]
    public async Task A_stream_over_the_loopback_tells_its_peer_and_carries_bytes()
    {
        Assert.SkipUnless(File.Exists("/sys/module/vsock_loopback/initstate") || Directory.Exists("/sys/module/vsock_loopback"),
            "The kernel's vsock loopback is not loaded.");
        using var listener = VsockListenerSocket.Listen(VsockSocket.AnyCid, 51_002, 4);

        var connecting = VsockSocket.ConnectAsync(LoopbackCid, 51_002, TimeSpan.FromSeconds(5), TimeProvider.System, Cancel);
        var accepted = await listener.AcceptAsync(Cancel);
        using var theirs = AsyncSocket.Own(accepted.Socket);
        using var mine = AsyncSocket.Own(await connecting);

        var buffer = new byte[8];
        var receiving = theirs.ReceiveAsync(buffer, Cancel);
        await mine.SendAsync("hello"u8.ToArray(), Cancel);
        Assert.Equal(5, await receiving);
        Assert.Equal(LoopbackCid, accepted.PeerCid);
    }
}
