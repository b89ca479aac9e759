using System.Security.Cryptography;
using Grpc.Core;
using VmTools.Protocol.Grpc;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Hostile;

/// <summary>A guest that holds what it can get of a port, and what must hold meanwhile. The port goes with it.</summary>
internal sealed class HostileGuest(IGuestPort port) : IAsyncDisposable
{
    private const long MostMemory = 64L << 20;
    private const int MaxFrame = 16 * 1024;
    private const Http2FrameType Continuation = (Http2FrameType)9;

    private readonly List<RawHttp2> _held = [];
    private readonly List<Task> _floods = [];
    private readonly long _memory = Held();

    /// <summary>For the kinds of <see cref="FloodAllAsync"/>.</summary>
    public static TheoryData<string> Floods => ["reset", "ping", "settings", "continuation", "window", "empty data"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async Task<RawHttp2> HoldAsync(bool withPreface = false)
    {
        var raw = await port.DialAsync();
        _held.Add(raw);
        if (withPreface)
        {
            await raw.SendPrefaceAsync();
        }

        return raw;
    }

    /// <summary>
    /// The other VM is served in time, little is held for this guest, and the daemon's log is short and tells of no defect.
    /// </summary>
    public async Task OthersAreServedAsync()
    {
        await port.ServeOtherAsync();

        Assert.InRange(Held() - _memory, long.MinValue, MostMemory);
        Assert.InRange(port.Log.Count, 0, port.MostLines);
        Assert.DoesNotContain(port.Log, line => line.Contains("defect", StringComparison.Ordinal));
    }

    public async Task<string> StatusOfAsync((string Name, string Value)[] headers, byte[] body)
    {
        await using var raw = await port.DialAsync();
        await raw.SendPrefaceAsync();
        await raw.SendHeadersAsync(1, headers);
        // More than the window of a stream is never sent: the answer comes first.
        foreach (var part in body.Take(60_000).Chunk(MaxFrame))
        {
            await raw.SendDataAsync(1, part, isLast: false);
        }

        await raw.SendDataAsync(1, []);
        return (await raw.ReadAnswerAsync(1, Cancel).InTime())["grpc-status"];
    }

    public async Task SendRubbishAsync(int connections)
    {
        byte[][] beginnings = ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r"u8.ToArray(), "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), [0],
            RandomNumberGenerator.GetBytes(5000)];
        for (var i = 0; i < connections; i++)
        {
            await using var raw = await port.DialAsync();
            await Unless(Refused, () => raw.Connection.Stream.WriteAsync(beginnings[i % beginnings.Length], Cancel).AsTask());
        }
    }

    /// <summary>Connections with a part of the preface on each.</summary>
    public async Task BeginAsync(int connections)
    {
        for (var i = 0; i < connections; i++)
        {
            var raw = await HoldAsync();
            await Unless(Refused, () => raw.Connection.Stream.WriteAsync("PRI * H"u8.ToArray(), Cancel).AsTask());
        }
    }

    /// <summary>Completes when the server has closed all that is held.</summary>
    public async Task AllAreClosedAsync()
    {
        foreach (var raw in _held)
        {
            await raw.ReadToEndAsync(Cancel).InTime();
        }
    }

    public async Task FloodConnectionsAsync(int connections)
    {
        for (var i = 0; i < connections; i++)
        {
            await HoldAsync();
        }
    }

    /// <summary>
    /// Frames of a kind on all connections that there may be, half of which do not even read what the server has to say, and so come to a
    /// stop.
    /// </summary>
    public async Task FloodAllAsync(string kind, int frames)
    {
        var read = new List<Task>();
        for (var i = 0; i < port.Limits.ConnectionsPerPeer; i++)
        {
            var raw = await HoldAsync(withPreface: true);
            var flood = Flood(() => FloodAsync(raw, kind, frames));
            if (i % 2 == 0)
            {
                read.Add(flood);
                _ = Flood(() => raw.ReadToEndAsync(Cancel));
            }
        }

        await OthersAreServedAsync();
        await Task.WhenAll(read).InTime();
    }

    /// <summary>A mebibyte of headers, and what becomes of the connection.</summary>
    public async Task SendHugeHeadersAsync()
    {
        var raw = await HoldAsync(withPreface: true);
        await Unless(Refused, async () =>
        {
            await raw.SendAsync(Http2FrameType.Headers, Http2FrameFlags.None, 1, []);
            for (var i = 0; i < 64; i++)
            {
                // A literal header field without indexing: name "x" and a value of 16,000 bytes (RFC 7541, sections 5.1 and 6.2.2).
                byte[] field = [0x00, 0x01, (byte)'x', 0x7f, 0x81, 0x7c, .. Enumerable.Repeat((byte)'y', 16_000)];
                await raw.SendAsync(Continuation, i == 63 ? Http2FrameFlags.EndHeaders : Http2FrameFlags.None, 1, field);
            }
        });
        await raw.ReadToEndAsync(Cancel).InTime();
    }

    /// <summary>
    /// An entry of almost 4 KiB for the dynamic table, and then its index 16,000 times (RFC 7541, sections 6.1 and 6.2.1).
    /// </summary>
    public async Task SendUnfoldingHeadersAsync()
    {
        var raw = await HoldAsync(withPreface: true);
        byte[] entry = [0x40, 0x01, (byte)'x', 0x7f, 0xa1, 0x1e, .. Enumerable.Repeat((byte)'y', 127 + 0x21 + (0x1e << 7))];
        await Unless(Refused, async () =>
        {
            await raw.SendAsync(Http2FrameType.Headers, Http2FrameFlags.None, 1, entry);
            await raw.SendAsync(Continuation, Http2FrameFlags.EndHeaders, 1, [.. Enumerable.Repeat((byte)0xbe, 16_000)]);
        });
        await raw.ReadToEndAsync(Cancel).InTime();
    }

    /// <summary>Calls without end on all connections, of which no answer is read; the window is what the server may send.</summary>
    public async Task NeverReadAsync(int window)
    {
        for (var i = 0; i < port.Limits.ConnectionsPerPeer; i++)
        {
            var raw = await HoldAsync(withPreface: true);
            await raw.SendAsync(Http2FrameType.Settings, Http2FrameFlags.None, 0, [0, 4, 0, 0, (byte)(window >> 8), (byte)window]);
            _ = Flood(() => CallWithoutEndAsync(raw));
        }
    }

    /// <summary>The server closes when it has had enough, and we when the test is over.</summary>
    public static bool Refused(Exception failure) => failure is IOException or ObjectDisposedException or OperationCanceledException;

    public static async Task Unless(Func<Exception, bool> expected, Func<Task> attack)
    {
        try
        {
            await attack();
        }
        catch (Exception failure) when (expected(failure))
        {
            // As it should be.
        }
    }

    public static CallOptions Soon() => new(deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: Cancel);

    public async ValueTask DisposeAsync()
    {
        foreach (var raw in _held)
        {
            await raw.DisposeAsync();
        }

        await Task.WhenAll(_floods);
        await port.DisposeAsync();
    }

    /// <summary>One collection, where GC.GetTotalMemory takes up to twenty until the number is steady.</summary>
    private static long Held()
    {
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: false);
    }

    /// <summary>Goes on until it is refused or the test is over.</summary>
    private Task Flood(Func<Task> flood)
    {
        _floods.Add(Unless(Refused, flood));
        return _floods[^1];
    }

    private async Task FloodAsync(RawHttp2 raw, string kind, int frames)
    {
        for (var stream = 1u; stream < 2 * frames; stream += 2)
        {
            switch (kind)
            {
                case "reset":
                    await raw.SendHeadersAsync(stream, port.Call);
                    await raw.SendAsync(Http2FrameType.ResetStream, Http2FrameFlags.None, stream, [0, 0, 0, 8]);
                    break;
                case "ping":
                    await raw.SendAsync(Http2FrameType.Ping, Http2FrameFlags.None, 0, new byte[8]);
                    break;
                case "settings":
                    await raw.SendAsync(Http2FrameType.Settings, Http2FrameFlags.None, 0, [0, 4, 0, 0, 255, 255]);
                    break;
                case "continuation":
                    await raw.SendAsync(stream == 1 ? Http2FrameType.Headers : Continuation, Http2FrameFlags.None, 1, []);
                    break;
                case "window":
                    await raw.SendAsync(Http2FrameType.WindowUpdate, Http2FrameFlags.None, 0, [0, 0, 0, 1]);
                    break;
                default:
                    await (stream == 1 ? raw.SendHeadersAsync(1, port.Call) : raw.SendDataAsync(1, [], isLast: false));
                    break;
            }
        }
    }

    private async Task CallWithoutEndAsync(RawHttp2 raw)
    {
        var body = RawHttp2.Framed(port.Message);
        for (var stream = 1u; stream < 200_000; stream += 2)
        {
            await raw.SendHeadersAsync(stream, port.Call);
            await raw.SendDataAsync(stream, body);
        }
    }
}
