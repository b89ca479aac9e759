using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Tremplin.Api;
using VmTools.Guest.Tremplin.Archive;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Containers;
using VmTools.Unit.Guest.Tremplin.Containers;
using VmTools.Unit.Protocol.Fakes;
using Xunit;
using ContainersClient = VmTools.Protocol.Messages.Containers.Containers.ContainersClient;

namespace VmTools.Unit.Guest.Tremplin.Archive;

/// <summary>Files from the host, as the host sends them.</summary>
public sealed class ReceiveFileTests : IAsyncLifetime
{
    private readonly TestTable _test = new();
    private readonly MemoryVsock _vsock = new();
    private GrpcServer? _server;
    private GrpcChannel? _channel;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ContainersClient Client => new(_channel!);

    private string Incoming => $"{_test.Paths.State}/.incoming";

    public async ValueTask InitializeAsync()
    {
        var listener = await _vsock.ListenAsync(Ports.Tremplin, Cancel);
        var service = new TremplinService(_test.Table, new VmActions(static () => { }, _ => Task.FromResult("")), _test.Exports);
        _server = await GrpcServer.StartAsync(
            service.OptionsFor(_test.Beside, listener, TimeProvider.System, NullLogger.Instance), Cancel);
        _channel = GrpcVsock.OpenChannel(_vsock, new VsockAddress(new Cid(40), Ports.Tremplin));
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        await _server!.DisposeAsync();
        _test.Dispose();
    }

    [Fact]
    public async Task A_file_longer_than_every_window_arrives_as_it_is()
    {
        var content = new byte[5_000_000];
        new Random(7).NextBytes(content);

        var received = await SendAsync((ulong)content.Length, content);

        Assert.Equal((ulong)content.Length, received.Bytes);
        Assert.Equal(content, await File.ReadAllBytesAsync(received.Path, Cancel));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(received.Path));
    }

    [Fact]
    public async Task A_file_that_nothing_uses_goes_after_a_minute()
    {
        var received = await SendAsync(0, [1, 2, 3]);

        _test.Clock.Advance(IncomingFiles.Patience);

        Assert.False(File.Exists(received.Path));
        Assert.False(_test.Incoming.TryTake(received.Path));
    }

    [Fact]
    public async Task A_file_that_is_taken_is_its_takers()
    {
        var received = await SendAsync(0, [1, 2, 3]);

        Assert.True(_test.Incoming.TryTake(received.Path));
        _test.Clock.Advance(IncomingFiles.Patience);

        Assert.True(File.Exists(received.Path));
        _test.Incoming.Clear();
        Assert.False(File.Exists(received.Path));
    }

    [Fact]
    public async Task A_file_for_which_there_is_no_room_is_refused_before_it_comes()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => SendAsync(ulong.MaxValue, [1]));

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Contains("MiB free", refused.Status.Detail, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Incoming));
    }

    [Fact]
    public async Task A_file_of_another_length_than_announced_is_not_kept()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => SendAsync(4, [1, 2, 3]));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Empty(Directory.GetFiles(Incoming));
    }

    [Fact]
    public async Task Of_a_transfer_that_is_broken_off_nothing_stays()
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using var call = Client.ReceiveFile(cancellationToken: over.Token);
        await call.RequestStream.WriteAsync(new FileChunk { Content = ByteString.CopyFrom(1, 2, 3) }, Cancel);
        await Waiting.UntilAsync(() => Directory.Exists(Incoming) && Directory.GetFiles(Incoming).Length == 1);

        await over.CancelAsync();

        await Waiting.UntilAsync(() => Directory.GetFiles(Incoming).Length == 0);
    }

    [Fact]
    public async Task No_message_at_all_is_no_file()
    {
        using var call = Client.ReceiveFile(cancellationToken: Cancel);
        await call.RequestStream.CompleteAsync();

        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    private async Task<ReceivedFile> SendAsync(ulong total, byte[] content)
    {
        using var call = Client.ReceiveFile(cancellationToken: Cancel);
        try
        {
            await call.RequestStream.WriteAsync(new FileChunk { TotalBytes = total }, Cancel);
            foreach (var piece in content.Chunk(300_000))
            {
                await call.RequestStream.WriteAsync(new FileChunk { Content = ByteString.CopyFrom(piece) }, Cancel);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception refused) when (refused is InvalidOperationException or RpcException)
        {
            // The answer says why.
        }

        return await call.ResponseAsync;
    }
}
