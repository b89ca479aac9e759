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

namespace VmTools.Unit.Host.Logs.Border;

/// <summary>
/// A guest that does everything to the log collector but log. While it holds what it could get, another VM's records are taken, little
/// memory is held for it, and the daemon does not fill its own log.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class HostileGuestTests : IAsyncLifetime
{
    private const long MostMemory = 64L << 20;
    private const int MostLines = 10;
    private const int MaxFrame = 16 * 1024;
    private const int FloodFrames = 20_000;
    private const Http2FrameType Continuation = (Http2FrameType)9;

    private static readonly (string Name, string Value)[] Call = RawHttp2.With(":path", "/vm_tools.LogCollector/CollectUserLogs");

    private readonly List<RawHttp2> _held = [];
    private readonly List<Task> _floods = [];
    private readonly long _memory = GC.GetTotalMemory(forceFullCollection: true);
    private ServedCollector? _served;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _served = await ServedCollector.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var raw in _held)
        {
            await raw.DisposeAsync();
        }

        await Task.WhenAll(_floods);
        await _served!.DisposeAsync();
    }

    [Fact]
    public async Task Rubbish_on_many_connections_is_closed()
    {
        byte[][] beginnings = ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r"u8.ToArray(), "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), [0], RandomNumberGenerator.GetBytes(5000)];
        for (var i = 0; i < 200; i++)
        {
            await using var raw = await _served!.DialAsync();
            await Unless(Refused, () => raw.Connection.Stream.WriteAsync(beginnings[i % beginnings.Length], Cancel).AsTask());
        }

        await OthersAreServedAsync();
    }

    [Fact]
    public async Task Many_that_begin_and_never_go_on_are_not_waited_for()
    {
        await RestartAsync(options => options with { Limits = LogForwarderDaemon.Limits with { Headers = TimeSpan.FromMilliseconds(200) } });
        for (var i = 0; i < 64; i++)
        {
            var raw = await HoldAsync();
            await Unless(Refused, () => raw.Connection.Stream.WriteAsync("PRI * H"u8.ToArray(), Cancel).AsTask());
        }

        await OthersAreServedAsync();
        foreach (var raw in _held)
        {
            await raw.ReadToEndAsync(Cancel).InTime();
        }
    }

    [Fact]
    public async Task Headers_that_never_end_are_not_waited_for()
    {
        await RestartAsync(options => options with { Limits = LogForwarderDaemon.Limits with { Headers = TimeSpan.FromMilliseconds(200) } });
        var raw = await HoldAsync(withPreface: true);

        await raw.SendAsync(Http2FrameType.Headers, Http2FrameFlags.None, 1, [0x83]);

        await raw.ReadToEndAsync(Cancel).InTime();
        await OthersAreServedAsync();
    }

    [Fact]
    public async Task A_flood_of_connections_gets_its_few_and_no_more()
    {
        for (var i = 0; i < 2000; i++)
        {
            await HoldAsync();
        }

        await OthersAreServedAsync();
    }

    [Fact]
    public async Task A_flood_of_connections_while_the_port_sleeps_wakes_it_for_the_others_too()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await RestartAsync(options => options with { Clock = clock });
        for (var round = 0; round < 3; round++)
        {
            await Waiting.UntilAsync(() =>
            {
                // The server notices the end of connections in its own time, and lingers from then on.
                clock.Advance(TimeSpan.FromSeconds(30));
                return !_served!.IsAwake;
            });
            for (var i = 0; i < 500; i++)
            {
                await using var raw = await _served!.DialAsync();
                await Unless(Refused, raw.SendPrefaceAsync);
            }

            await _served!.CallOnceAsync(ServedCollector.Request($"round {round}"), Soon());
        }

        Assert.Equal(3, _served!.Lines("other").Length);
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
        var read = new List<Task>();
        for (var i = 0; i < LogForwarderDaemon.Limits.ConnectionsPerPeer; i++)
        {
            var raw = await HoldAsync(withPreface: true);
            _floods.Add(Unless(Refused, () => FloodAsync(raw, kind)));
            if (i % 2 == 0)
            {
                // The guest's other connections do not even read what the server has to say, and so come to a stop.
                read.Add(_floods[^1]);
                _floods.Add(Unless(Refused, () => raw.ReadToEndAsync(Cancel)));
            }
        }

        await OthersAreServedAsync();
        await Task.WhenAll(read).InTime();
        await OthersAreServedAsync();
    }

    [Fact]
    public async Task Headers_of_a_mebibyte_end_the_connection()
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
        await OthersAreServedAsync();
    }

    [Fact]
    public async Task Headers_that_unfold_to_mebibytes_end_the_connection()
    {
        var raw = await HoldAsync(withPreface: true);
        // An entry of almost 4 KiB for the dynamic table, and then its index 16,000 times (RFC 7541, sections 6.1 and 6.2.1).
        byte[] entry = [0x40, 0x01, (byte)'x', 0x7f, 0xa1, 0x1e, .. Enumerable.Repeat((byte)'y', 127 + 0x21 + (0x1e << 7))];

        await Unless(Refused, async () =>
        {
            await raw.SendAsync(Http2FrameType.Headers, Http2FrameFlags.None, 1, entry);
            await raw.SendAsync(Continuation, Http2FrameFlags.EndHeaders, 1, [.. Enumerable.Repeat((byte)0xbe, 16_000)]);
        });

        await raw.ReadToEndAsync(Cancel).InTime();
        await OthersAreServedAsync();
    }

    [Theory]
    [InlineData(new byte[] { 0, 255, 255, 255, 255 }, "8")]
    [InlineData(new byte[] { 0, 0, 1, 0, 1 }, "8")]
    [InlineData(new byte[] { 1, 0, 0, 0, 4, 1, 2, 3, 4 }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 3, 0x0a, 0x7f, 0x2a }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0 }, "0")]
    public async Task Lengths_that_lie_get_a_status(byte[] body, string status)
    {
        Assert.Equal(status, await StatusOfAsync(Call, body));

        await OthersAreServedAsync();
    }

    [Fact]
    public async Task A_compressed_message_is_not_unpacked()
    {
        using var packed = new MemoryStream();
        await using (var zip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.SmallestSize, leaveOpen: true))
        {
            await zip.WriteAsync(new byte[8 << 20], Cancel);
        }

        byte[] body = [1, 0, 0, (byte)(packed.Length >> 8), (byte)packed.Length, .. packed.ToArray()];

        Assert.Equal("12", await StatusOfAsync([.. Call, ("grpc-encoding", "gzip")], body));
        await OthersAreServedAsync();
    }

    [Fact]
    public async Task Groups_in_groups_in_groups_are_not_followed()
    {
        Assert.Equal("13", await StatusOfAsync(Call, Framed([.. Enumerable.Repeat((byte)0x0b, 10_000)])));

        await OthersAreServedAsync();
    }

    [Fact]
    public async Task Fields_that_nobody_knows_are_passed_over_as_far_as_a_message_goes()
    {
        byte[] field = [0xf8, 0x07, 0x01];

        Assert.Equal("0", await StatusOfAsync(Call, Framed([.. Enumerable.Repeat(field, 19_000).SelectMany(part => part)])));
        Assert.Equal("8", await StatusOfAsync(Call, Framed([.. Enumerable.Repeat(field, 1_000_000).SelectMany(part => part)])));

        await OthersAreServedAsync();
    }

    [Fact]
    public async Task Whatever_a_record_claims_makes_one_clean_line()
    {
        var odd = new LogRecord
        {
            Severity = (LogSeverity)int.MinValue,
            Timestamp = new Timestamp { Seconds = long.MaxValue, Nanos = int.MinValue },
            Content = ByteString.CopyFrom([0, (byte)'\n', 0x1b, (byte)'[', 0xff, 0xed, 0xa0, 0x80]),
        };

        await _served!.Guest(ServedCollector.Hostile).CollectUserLogsAsync(new LogRequest { Records = { odd } }, Soon());

        Assert.EndsWith(" <13>  VM(66): #000#012#033[\ufffd\ufffd\ufffd\ufffd", Assert.Single(_served.Lines("hostile")), StringComparison.Ordinal);
        await OthersAreServedAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65535)]
    public async Task A_guest_that_never_reads_its_answers_holds_little(int window)
    {
        for (var i = 0; i < LogForwarderDaemon.Limits.ConnectionsPerPeer; i++)
        {
            var raw = await HoldAsync(withPreface: true);
            await raw.SendAsync(Http2FrameType.Settings, Http2FrameFlags.None, 0, [0, 4, 0, 0, (byte)(window >> 8), (byte)window]);
            _floods.Add(Unless(Refused, () => CallWithoutEndAsync(raw)));
        }

        for (var i = 0; i < 5; i++)
        {
            await OthersAreServedAsync();
        }
    }

    [Fact]
    public async Task A_guest_that_logs_as_fast_as_it_can_is_slowed_down_and_nobody_else()
    {
        var request = ServedCollector.Request([.. Enumerable.Range(0, 500).Select(number => $"record {number} {new string('x', 50)}")]);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task[] floods = [.. Enumerable.Range(0, 4).Select(_ => Unless(
            failure => failure is RpcException { StatusCode: StatusCode.Cancelled }, () => LogWithoutEndAsync(request, enough.Token)))];
        await Waiting.UntilAsync(() => _served!.Counters.Read().DroppedRecords > 0);

        for (var i = 0; i < 5; i++)
        {
            await OthersAreServedAsync();
        }

        await enough.CancelAsync();
        await Task.WhenAll(floods);
    }

    private async Task OthersAreServedAsync()
    {
        var before = _served!.Lines("other").Length;

        await _served.OtherVm.CollectUserLogsAsync(ServedCollector.Request("still here"), Soon());

        Assert.Equal(before + 1, _served.Lines("other").Length);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - _memory, long.MinValue, MostMemory);
        Assert.InRange(_served.Log.Count, 0, MostLines);
        Assert.DoesNotContain(_served.Log, line => line.Contains("defect", StringComparison.Ordinal));
    }

    private async Task RestartAsync(Func<GrpcServerOptions, GrpcServerOptions> change)
    {
        await _served!.DisposeAsync();
        _served = await ServedCollector.StartAsync(change);
    }

    private async Task<RawHttp2> HoldAsync(bool withPreface = false)
    {
        var raw = await _served!.DialAsync();
        _held.Add(raw);
        if (withPreface)
        {
            await raw.SendPrefaceAsync();
        }

        return raw;
    }

    private async Task<string> StatusOfAsync((string Name, string Value)[] headers, byte[] body)
    {
        await using var raw = await _served!.DialAsync();
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

    private static byte[] Framed(byte[] message) =>
        [0, (byte)(message.Length >> 24), (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];

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
        var body = Framed(ServedCollector.Request("x").ToByteArray());
        for (var stream = 1u; stream < 200_000; stream += 2)
        {
            await raw.SendHeadersAsync(stream, Call);
            await raw.SendDataAsync(stream, body);
        }
    }

    private async Task LogWithoutEndAsync(LogRequest request, CancellationToken enough)
    {
        var guest = _served!.Guest(ServedCollector.Hostile);
        while (!enough.IsCancellationRequested)
        {
            await guest.CollectUserLogsAsync(request, cancellationToken: enough);
        }
    }

    /// <summary>The server closes when it has had enough, and we when the test is over.</summary>
    private static bool Refused(Exception failure) => failure is IOException or ObjectDisposedException or OperationCanceledException;

    private static async Task Unless(Func<Exception, bool> expected, Func<Task> attack)
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

    private static CallOptions Soon() => new(deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: Cancel);
}
