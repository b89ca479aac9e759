using System.Security.Cryptography;
using Grpc.Core;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Protocol.Grpc;

/// <summary>What a hostile guest can send to a listener; after each of them the server still serves others.</summary>
public sealed class HostileClientTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    [InlineData(7)]
    public async Task A_peer_that_may_not_call_is_closed_before_a_byte_of_its_is_read(uint cid)
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);

        await using var stranger = await served.DialAsync(new Cid(cid));

        Assert.Equal(0, await stranger.Stream.ReadAsync(new byte[1], Cancel));
        await ServesOthersAsync(served);
    }

    [Fact]
    public async Task Rubbish_is_closed()
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);
        await using var raw = new RawHttp2(await served.DialAsync(Cid.Host));

        await raw.Connection.Stream.WriteAsync(RandomNumberGenerator.GetBytes(1000), Cancel);

        await raw.ReadToEndAsync(Cancel);
        await ServesOthersAsync(served);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PRI * HTTP/2.0")]
    public async Task A_preface_that_does_not_come_in_time_is_not_waited_for(string beginning)
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo, WithHeaderLimit);
        await using var raw = new RawHttp2(await served.DialAsync(Cid.Host));

        await raw.Connection.Stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(beginning), Cancel);

        await raw.ReadToEndAsync(Cancel);
        await ServesOthersAsync(served);
    }

    [Fact]
    public async Task Headers_that_are_too_large_end_the_connection_or_the_call()
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);
        await using var raw = await served.DialHttp2Async();

        await raw.SendHeadersAsync(1, RawHttp2.With("x-large", new string('x', 10_000)), isLast: true);

        await raw.ReadToEndAsync(Cancel);
        await ServesOthersAsync(served);
    }

    [Fact]
    public async Task A_flood_of_resets_ends_the_connection()
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);
        await using var raw = await served.DialHttp2Async();
        var flood = FloodAsync(raw);

        await raw.ReadToEndAsync(Cancel);

        await flood;
        await ServesOthersAsync(served);
    }

    [Theory]
    [InlineData(new byte[] { 0, 255, 255, 255, 255 }, StatusCode.ResourceExhausted)]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 0 }, StatusCode.Internal)]
    [InlineData(new byte[] { }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 10, 200 }, StatusCode.Internal)]
    public async Task A_malformed_message_gets_a_status(byte[] body, StatusCode expected)
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);
        await using var raw = await served.DialHttp2Async();
        await raw.SendHeadersAsync(1, RawHttp2.MountCall);

        await raw.SendDataAsync(1, body);

        Assert.Equal($"{(int)expected}", (await raw.ReadAnswerAsync(1, Cancel))["grpc-status"]);
        await ServesOthersAsync(served);
    }

    [Fact]
    public async Task A_compressed_message_is_not_taken()
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);
        await using var raw = await served.DialHttp2Async();
        await raw.SendHeadersAsync(1, RawHttp2.With("grpc-encoding", "gzip"));

        await raw.SendDataAsync(1, [1, 0, 0, 0, 1, 0]);

        Assert.Equal("12", (await raw.ReadAnswerAsync(1, Cancel))["grpc-status"]);
    }

    [Theory]
    [InlineData(":path", "/vm_tools.Maitred/NoSuchMethod")]
    [InlineData(":path", "/vm_tools.Maitred/mount")]
    [InlineData(":path", "/")]
    public async Task A_method_that_does_not_exist_is_unimplemented(string name, string value)
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);
        await using var raw = await served.DialHttp2Async();

        await raw.SendHeadersAsync(1, RawHttp2.With(name, value), isLast: true);

        Assert.Equal("12", (await raw.ReadAnswerAsync(1, Cancel))["grpc-status"]);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("S")]
    [InlineData("123456789S")]
    [InlineData("-1S")]
    [InlineData("1 S")]
    [InlineData("1x")]
    public async Task A_malformed_timeout_is_refused(string timeout)
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);
        await using var raw = await served.DialHttp2Async();
        await raw.SendHeadersAsync(1, RawHttp2.With("grpc-timeout", timeout));

        await raw.SendDataAsync(1, RawHttp2.EmptyMessage);

        Assert.Equal("3", (await raw.ReadAnswerAsync(1, Cancel))["grpc-status"]);
    }

    [Fact]
    public async Task A_request_without_content_type_is_answered_as_http()
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);
        await using var raw = await served.DialHttp2Async();

        await raw.SendHeadersAsync(1, RawHttp2.Without("content-type"), isLast: true);

        Assert.Equal("415", (await raw.ReadAnswerAsync(1, Cancel))[":status"]);
    }

    [Fact]
    public async Task A_get_is_answered_as_http()
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);
        await using var raw = await served.DialHttp2Async();

        await raw.SendHeadersAsync(1, RawHttp2.With(":method", "GET"), isLast: true);

        Assert.Equal("405", (await raw.ReadAnswerAsync(1, Cancel))[":status"]);
    }

    [Fact]
    public async Task Connections_of_one_peer_beyond_the_limit_are_closed_and_a_place_becomes_free_again()
    {
        await using var served = await ServedMaitred.StartAsync(
            ServedMaitred.Echo, options => options with { Limits = new GrpcLimits { ConnectionsPerPeer = 2 } });
        var first = await served.DialHttp2Async();
        await using var second = await served.DialHttp2Async();
        await using var third = new RawHttp2(await served.DialAsync(Cid.Host));
        await third.ReadToEndAsync(Cancel);

        await first.DisposeAsync();

        // The server notices the end of a connection in its own time.
        await using var fourth = await UntilServedAsync(served);
    }

    [Fact]
    public async Task A_peer_that_never_reads_its_answers_does_not_stop_others()
    {
        await using var served = await ServedMaitred.StartAsync((_, _) =>
            throw new RpcException(new Status(StatusCode.Aborted, new string('x', 4000))));
        await using var raw = await served.DialHttp2Async();
        for (var stream = 1u; stream < 64; stream += 2)
        {
            await raw.SendHeadersAsync(stream, RawHttp2.MountCall);
            await raw.SendDataAsync(stream, RawHttp2.EmptyMessage);
        }

        var error = await Assert.ThrowsAsync<RpcException>(async () => await served.Client.MountAsync(
            new MountRequest(), deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: Cancel));

        Assert.Equal(StatusCode.Aborted, error.StatusCode);
    }

    private static GrpcServerOptions WithHeaderLimit(GrpcServerOptions options) =>
        options with { Limits = new GrpcLimits { Headers = TimeSpan.FromMilliseconds(100) } };

    private static async Task FloodAsync(RawHttp2 raw)
    {
        try
        {
            for (var stream = 1u; stream < 20_000; stream += 2)
            {
                await raw.SendHeadersAsync(stream, RawHttp2.MountCall);
                await raw.SendAsync(Http2FrameType.ResetStream, Http2FrameFlags.None, stream, [0, 0, 0, 8]);
            }
        }
        catch (IOException)
        {
            // The server has had enough.
        }
    }

    private static async Task<RawHttp2> UntilServedAsync(ServedMaitred served)
    {
        while (true)
        {
            var raw = new RawHttp2(await served.DialAsync(Cid.Host));
            try
            {
                await raw.SendPrefaceAsync();
                await raw.SendHeadersAsync(1, RawHttp2.MountCall);
                await raw.SendDataAsync(1, RawHttp2.EmptyMessage);
                await raw.ReadAnswerAsync(1, Cancel);
                return raw;
            }
            catch (IOException)
            {
                await raw.DisposeAsync();
                await Task.Delay(5, Cancel);
            }
        }
    }

    private static async Task ServesOthersAsync(ServedMaitred served)
    {
        var answer = await served.Client.MountAsync(
            new MountRequest { Permissions = 7 }, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: Cancel);

        Assert.Equal(7, answer.Error);
    }
}
