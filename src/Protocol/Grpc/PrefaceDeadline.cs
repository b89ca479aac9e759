using Microsoft.AspNetCore.Connections;

namespace VmTools.Protocol.Grpc;

/// <summary>
/// Closes a connection whose first bytes are not the HTTP/2 preface (RFC 9113, section 3.4) or do not come in time. Kestrel
/// itself would let a silent connection live for the idle limit.
/// </summary>
internal sealed class PrefaceDeadline(ConnectionDelegate next, TimeSpan limit, TimeProvider clock)
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        if (await StartsWithPrefaceAsync(connection))
        {
            await next(connection);
        }
        else
        {
            connection.Abort();
        }
    }

    private async Task<bool> StartsWithPrefaceAsync(ConnectionContext connection)
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, deadline.Token);
        try
        {
            var input = connection.Transport.Input;
            var read = await input.ReadAtLeastAsync(Preface.Length, either.Token);
            var isPreface = StartsWithPreface(read.Buffer);
            // Nothing is taken: Kestrel reads the preface again.
            input.AdvanceTo(read.Buffer.Start);
            return isPreface;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static bool StartsWithPreface(System.Buffers.ReadOnlySequence<byte> bytes)
    {
        Span<byte> start = stackalloc byte[Preface.Length];
        if (bytes.Length < start.Length)
        {
            return false;
        }

        System.Buffers.BuffersExtensions.CopyTo(bytes.Slice(0, start.Length), start);
        return start.SequenceEqual(Preface);
    }
}
