using System.Buffers;
using System.Net.Sockets;

namespace VmTools.Guest.Tremplin.HostDoor;

/// <summary>
/// Carries the bytes of two connections to each other, and the end of each direction. A side that does not read holds up the other by no
/// more than one buffer.
/// </summary>
internal static class ByteRelay
{
    private const int BufferBytes = 16 * 1024;

    /// <summary>How long one side may go on when the other has said all: it may be that nobody listens any more.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Completes when both directions have ended, a while after one has, or when either connection is lost; both are closed then.
    /// </summary>
    public static async Task RunAsync(Socket first, Socket second, TimeProvider clock, CancellationToken cancel)
    {
        using (first)
        using (second)
        using (var late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token))
        {
            Task<bool>[] ways = [CopyAsync(first, second, either.Token), CopyAsync(second, first, either.Token)];
            late.CancelAfter(await await Task.WhenAny(ways) ? LastWords : TimeSpan.Zero);
            await Task.WhenAll(ways);
        }
    }

    /// <summary>True when the sender has said all; false when a connection was lost.</summary>
    private static async Task<bool> CopyAsync(Socket from, Socket to, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await from.ReceiveAsync(buffer.AsMemory(0, BufferBytes), SocketFlags.None, cancel) is > 0 and var count)
            {
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), SocketFlags.None, cancel);
                }
            }

            to.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (Exception lost) when (lost is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
