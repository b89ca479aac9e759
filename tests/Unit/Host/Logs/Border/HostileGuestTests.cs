using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Logs;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Unit.DBus;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

using static VmTools.Unit.Host.Logs.Border.HostileGuest;

namespace VmTools.Unit.Host.Logs.Border;

/// <summary>
/// A guest that does everything to the log collector but log. While it holds what it could get, another VM's records are taken, little
/// memory is held for it, and the daemon does not fill its own log.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class HostileGuestTests
{
    private const int FloodFrames = 20_000;
    private const Http2FrameType Continuation = (Http2FrameType)9;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rubbish_on_many_connections_is_closed()
    {
        await using var guest = await HostileGuest.StartAsync();
        byte[][] beginnings = ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r"u8.ToArray(), "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), [0], RandomNumberGenerator.GetBytes(5000)];
        for (var i = 0; i < 200; i++)
        {
            await using var raw = await guest.Served.DialAsync();
            await Unless(Refused, () => raw.Connection.Stream.WriteAsync(beginnings[i % beginnings.Length], Cancel).AsTask());
        }

        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Many_that_begin_and_never_go_on_are_not_waited_for()
    {
        await using var guest = await HostileGuest.StartAsync(options => options with { Limits = LogForwarderDaemon.Limits with { Headers = TimeSpan.FromMilliseconds(200) } });
        for (var i = 0; i < 64; i++)
        {
            var raw = await guest.HoldAsync();
            await Unless(Refused, () => raw.Connection.Stream.WriteAsync("PRI * H"u8.ToArray(), Cancel).AsTask());
        }

        await guest.OthersAreServedAsync();
        foreach (var raw in guest.Held)
        {
            await raw.ReadToEndAsync(Cancel).InTime();
        }
    }

    [Fact]
    public async Task Headers_that_never_end_are_not_waited_for()
    {
        await using var guest = await HostileGuest.StartAsync(options => options with { Limits = LogForwarderDaemon.Limits with { Headers = TimeSpan.FromMilliseconds(200) } });
        var raw = await guest.HoldAsync(withPreface: true);

        await raw.SendAsync(Http2FrameType.Headers, Http2FrameFlags.None, 1, [0x83]);

        await raw.ReadToEndAsync(Cancel).InTime();
        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task A_flood_of_connections_gets_its_few_and_no_more()
    {
        await using var guest = await HostileGuest.StartAsync();
        for (var i = 0; i < 2000; i++)
        {
            await guest.HoldAsync();
        }

        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task A_flood_of_connections_while_the_port_sleeps_wakes_it_for_the_others_too()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var guest = await HostileGuest.StartAsync(options => options with { Clock = clock });
        for (var round = 0; round < 3; round++)
        {
            await Waiting.UntilAsync(() =>
            {
                // The server notices the end of connections in its own time, and lingers from then on.
                clock.Advance(TimeSpan.FromSeconds(30));
                return !guest.Served.IsAwake;
            });
            for (var i = 0; i < 500; i++)
            {
                await using var raw = await guest.Served.DialAsync();
                await Unless(Refused, raw.SendPrefaceAsync);
            }

            await guest.Served.CallOnceAsync(ServedCollector.Request($"round {round}"), Soon());
        }

        Assert.Equal(3, guest.Served.Lines("other").Length);
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("ping")]
    [InlineData("settings")]
    [InlineData("continuation")]
    [InlineData("window")]
    [InlineData("empty data")]
    public async Task A_flood_of_frames_costs_the_guest_that_sends_it(string kind)
    {
        await using var guest = await HostileGuest.StartAsync();
        var read = new List<Task>();
        for (var i = 0; i < LogForwarderDaemon.Limits.ConnectionsPerPeer; i++)
        {
            var raw = await guest.HoldAsync(withPreface: true);
            var flood = guest.Flood(() => FloodAsync(raw, kind));
            if (i % 2 == 0)
            {
                // The guest's other connections do not even read what the server has to say, and so come to a stop.
                read.Add(flood);
                _ = guest.Flood(() => raw.ReadToEndAsync(Cancel));
            }
        }

        await guest.OthersAreServedAsync();
        await Task.WhenAll(read).InTime();
        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Headers_of_a_mebibyte_end_the_connection()
    {
        await using var guest = await HostileGuest.StartAsync();
        var raw = await guest.HoldAsync(withPreface: true);

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
        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Headers_that_unfold_to_mebibytes_end_the_connection()
    {
        await using var guest = await HostileGuest.StartAsync();
        var raw = await guest.HoldAsync(withPreface: true);
        // An entry of almost 4 KiB for the dynamic table, and then its index 16,000 times (RFC 7541, sections 6.1 and 6.2.1).
        byte[] entry = [0x40, 0x01, (byte)'x', 0x7f, 0xa1, 0x1e, .. Enumerable.Repeat((byte)'y', 127 + 0x21 + (0x1e << 7))];

        await Unless(Refused, async () =>
        {
            await raw.SendAsync(Http2FrameType.Headers, Http2FrameFlags.None, 1, entry);
            await raw.SendAsync(Continuation, Http2FrameFlags.EndHeaders, 1, [.. Enumerable.Repeat((byte)0xbe, 16_000)]);
        });

        await raw.ReadToEndAsync(Cancel).InTime();
        await guest.OthersAreServedAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65535)]
    public async Task A_guest_that_never_reads_its_answers_holds_little(int window)
    {
        await using var guest = await HostileGuest.StartAsync();
        for (var i = 0; i < LogForwarderDaemon.Limits.ConnectionsPerPeer; i++)
        {
            var raw = await guest.HoldAsync(withPreface: true);
            await raw.SendAsync(Http2FrameType.Settings, Http2FrameFlags.None, 0, [0, 4, 0, 0, (byte)(window >> 8), (byte)window]);
            _ = guest.Flood(() => CallWithoutEndAsync(raw));
        }

        for (var i = 0; i < 5; i++)
        {
            await guest.OthersAreServedAsync();
        }
    }

    [Fact]
    public async Task A_guest_that_logs_as_fast_as_it_can_is_slowed_down_and_nobody_else()
    {
        await using var guest = await HostileGuest.StartAsync();
        var request = ServedCollector.Request([.. Enumerable.Range(0, 500).Select(number => $"record {number} {new string('x', 50)}")]);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task[] floods = [.. Enumerable.Range(0, 4).Select(_ => Unless(
            failure => failure is RpcException { StatusCode: StatusCode.Cancelled }, () => LogWithoutEndAsync(guest, request, enough.Token)))];
        await Waiting.UntilAsync(() => guest.Served.Counters.Read().DroppedRecords > 0);

        for (var i = 0; i < 5; i++)
        {
            await guest.OthersAreServedAsync();
        }

        await enough.CancelAsync();
        await Task.WhenAll(floods);
    }

    private static async Task FloodAsync(RawHttp2 raw, string kind)
    {
        for (var stream = 1u; stream < 2 * FloodFrames; stream += 2)
        {
            switch (kind)
            {
                case "reset":
                    await raw.SendHeadersAsync(stream, Call);
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
                    await (stream == 1 ? raw.SendHeadersAsync(1, Call) : raw.SendDataAsync(1, [], isLast: false));
                    break;
            }
        }
    }

    private static async Task CallWithoutEndAsync(RawHttp2 raw)
    {
        var body = RawHttp2.Framed(ServedCollector.Request("x").ToByteArray());
        for (var stream = 1u; stream < 200_000; stream += 2)
        {
            await raw.SendHeadersAsync(stream, Call);
            await raw.SendDataAsync(stream, body);
        }
    }

    private static async Task LogWithoutEndAsync(HostileGuest hostile, LogRequest request, CancellationToken enough)
    {
        var client = hostile.Served.Guest(ServedCollector.Hostile);
        while (!enough.IsCancellationRequested)
        {
            await client.CollectUserLogsAsync(request, cancellationToken: enough);
        }
    }
}
