using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Daemon;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Containers;

namespace VmTools.Host.Cicerone.Tremplin;

/// <summary>
/// Files to and from a VM's container host, as streams. How long one takes depends on its size, so that the limits are on the time in which
/// the guest does nothing: it shows a sign of life every few seconds.
/// </summary>
internal sealed class TremplinFiles(GrpcChannel channel, TimeProvider clock) : IDisposable
{
    /// <summary>A guest that does nothing for so long hangs.</summary>
    public static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(60);

    private const string Receive = "take the file";

    private readonly VmTools.Protocol.Messages.Containers.Containers.ContainersClient _containers = new(channel);

    /// <summary>Sends a file.</summary>
    /// <param name="bytes">How long the file is; 0 where that is not known.</param>
    /// <param name="read">Fills the buffer; 0 at the end of the file.</param>
    /// <param name="buffer">What is sent at once.</param>
    /// <param name="cancel">Ends the call; the guest keeps nothing then.</param>
    /// <returns>Where it is in the guest, as the guest says, and how much of it.</returns>
    /// <exception cref="VmToolsException">The guest did not take it.</exception>
    public async Task<ReceivedFile> ReceiveAsync(
        ulong bytes, Func<Memory<byte>, CancellationToken, ValueTask<int>> read, Memory<byte> buffer, CancellationToken cancel)
    {
        using var call = _containers.ReceiveFile(cancellationToken: cancel);
        try
        {
            await Stalling(Receive, call.RequestStream.WriteAsync(new FileChunk { TotalBytes = bytes }, cancel), cancel);
            while (await read(buffer, cancel) is > 0 and var count)
            {
                var chunk = new FileChunk { Content = UnsafeByteOperations.UnsafeWrap(buffer[..count]) };
                await Stalling(Receive, call.RequestStream.WriteAsync(chunk, cancel), cancel);
            }

            await call.RequestStream.CompleteAsync();
            await Stalling(Receive, call.ResponseAsync, cancel);
            return await call.ResponseAsync;
        }
        catch (RpcException refused)
        {
            cancel.ThrowIfCancellationRequested();
            throw GuestCall.Failure(Receive, refused);
        }
        catch (IOException lost)
        {
            throw Lost(Receive, lost);
        }
        catch (InvalidOperationException) when (call.ResponseAsync.IsCompleted)
        {
            // The guest has answered before it had all of it: it refuses.
            return await RefusedAsync(call.ResponseAsync, cancel);
        }
    }

    /// <summary>Takes a container as an archive.</summary>
    /// <exception cref="VmToolsException">The guest did not send it.</exception>
    public async Task SendAsync(
        ContainerName name, Compression compression, Func<FileChunk, CancellationToken, ValueTask> take, CancellationToken cancel)
    {
        var what = $"send container '{name}'";
        using var call = _containers.SendContainer(
            new SendContainerRequest { ContainerName = name.Value, Compression = compression }, cancellationToken: cancel);
        try
        {
            for (var next = MoveAsync(); await next; next = MoveAsync())
            {
                await take(call.ResponseStream.Current, cancel);
            }
        }
        catch (RpcException refused)
        {
            cancel.ThrowIfCancellationRequested();
            throw GuestCall.Failure(what, refused);
        }
        catch (IOException lost)
        {
            throw Lost(what, lost);
        }

        async Task<bool> MoveAsync()
        {
            var moved = call.ResponseStream.MoveNext(cancel);
            await Stalling(what, moved, cancel);
            return await moved;
        }
    }

    public void Dispose() => channel.Dispose();

    private static VmToolsException Lost(string what, IOException lost) =>
        new(ErrorKind.Unavailable, $"The guest did not {what}: the connection to it was lost.", lost);

    private static async Task<ReceivedFile> RefusedAsync(Task<ReceivedFile> answer, CancellationToken cancel)
    {
        try
        {
            await answer;
            throw new VmToolsException(ErrorKind.Internal, $"The guest did not {Receive}: it answered before it had all of it.");
        }
        catch (RpcException refused)
        {
            cancel.ThrowIfCancellationRequested();
            throw GuestCall.Failure(Receive, refused);
        }
    }

    private async Task Stalling(string what, Task step, CancellationToken cancel)
    {
        try
        {
            await step.WaitAsync(StallLimit, clock, cancel);
        }
        catch (TimeoutException late)
        {
            throw new VmToolsException(
                ErrorKind.DeadlineExceeded, $"The guest did not {what}: it did nothing for {StallLimit.TotalSeconds:0} seconds.", late);
        }
    }
}
