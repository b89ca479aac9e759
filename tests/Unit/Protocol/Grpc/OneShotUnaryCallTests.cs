using System.Text;
using CsCheck;
using Google.Protobuf;
using Grpc.Core;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Vsock;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Protocol.Grpc;

/// <summary>The hand-made call against our own server, and against servers that mean no good.</summary>
public sealed class OneShotUnaryCallTests
{
    private const string Mount = "/vm_tools.Maitred/Mount";
    private static readonly byte[] Settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_to_our_own_server_returns_its_answer()
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);
        await using var connection = await served.DialAsync(Cid.Host);

        var answer = await CallAsync(connection, new MountRequest { Permissions = 42, Source = new string('x', 300) });

        Assert.Equal(42, answer.Error);
    }

    [Fact]
    public async Task A_failure_at_our_own_server_keeps_its_status()
    {
        await using var served = await ServedMaitred.StartAsync((_, _) =>
            throw new VmToolsException(ErrorKind.FailedPrecondition, "This VM is not known."));
        await using var connection = await served.DialAsync(Cid.Host);

        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(connection, new MountRequest()));

        Assert.Equal((StatusCode.FailedPrecondition, "This VM is not known."), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task A_long_serialized_message_arrives_whole_with_its_metadata()
    {
        ServerCallContext? seen = null;
        await using var served = await ServedMaitred.StartAsync((request, context) =>
        {
            seen = context;
            return Task.FromResult(new MountResponse { Error = request.Source.Length });
        });
        await using var connection = await served.DialAsync(Cid.Host);
        var message = new MountRequest { Source = new string('x', OneShotRequest.OneWindowBytes - 16) }.ToByteArray();
        var request = new OneShotRequest(Mount, message) { Headers = new Dictionary<string, string> { ["vmtools-batch"] = "ab-1" } };

        var answer = await OneShotUnaryCall.InvokeAsync(connection.Stream, request, MountResponse.Parser, Cancel);

        Assert.Equal((OneShotRequest.OneWindowBytes - 16, "ab-1"), (answer.Error, seen!.RequestHeaders.GetValue("vmtools-batch")));
    }

    [Fact]
    public async Task A_message_that_no_server_takes_is_refused_before_it_is_sent()
    {
        var (mine, theirs) = Pair();
        await using var connection = mine;
        await using var other = theirs;

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => OneShotUnaryCall.InvokeAsync(
            connection.Stream, new OneShotRequest(Mount, new byte[OneShotRequest.MaxMessageBytes + 1]), MountResponse.Parser, Cancel));
    }

    [Fact]
    public async Task An_answer_with_padding_priority_and_pings_between_is_understood()
    {
        var error = await AnswerAsync(
        [
            .. Settings, .. Frame(6, 0, 0, new byte[8]), .. Frame(200, 9, 1, [1, 2, 3]),
            .. Frame(1, 0x2c, 1, [2, 0, 0, 0, 0, 16, 0x88, 0, 0]),
            .. Frame(0, 8, 1, [1, 0, 0, 0, 0, 2, 8, 0, 0]),
            .. Frame(1, 5, 1, [.. Literal("grpc-status", "9"), .. Literal("grpc-message", "no")]),
        ]);

        Assert.Equal((StatusCode.FailedPrecondition, "no"), (error.StatusCode, error.Status.Detail));
    }

    [Theory]
    [InlineData("no status at all", new byte[] { 0x88 })]
    [InlineData("an index into a table that was refused", new byte[] { 0x88, 0xbe })]
    [InlineData("index zero", new byte[] { 0x80 })]
    [InlineData("a literal that is cut off", new byte[] { 0x00, 0x05, 0x61 })]
    [InlineData("an endless integer", new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff })]
    [InlineData("a status in Huffman code", new byte[] { 0x00, 0x81, 0x7f, 0x81, 0x7f })]
    public async Task Headers_that_cannot_be_read_are_an_unknown_status(string what, byte[] block)
    {
        var error = await AnswerAsync([.. Settings, .. Frame(1, 5, 1, block)]);

        Assert.True(error.StatusCode == StatusCode.Unknown, what);
    }

    [Fact]
    public async Task A_status_without_a_message_is_not_taken_for_success()
    {
        var error = await AnswerAsync([.. Settings, .. Frame(1, 5, 1, Literal("grpc-status", "0"))]);

        Assert.Equal(StatusCode.Unknown, error.StatusCode);
    }

    [Theory]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 9 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 255 })]
    public async Task A_message_that_cannot_be_read_is_not_taken_for_success(byte[] data)
    {
        var error = await AnswerAsync(
            [.. Settings, .. Frame(1, 4, 1, [0x88]), .. Frame(0, 0, 1, data), .. Frame(1, 5, 1, Literal("grpc-status", "0"))]);

        Assert.Equal(StatusCode.Unknown, error.StatusCode);
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(7, 0)]
    public async Task A_reset_or_a_closed_connection_is_unavailable(byte type, byte stream)
    {
        var error = await AnswerAsync([.. Settings, .. Frame(type, 0, stream, new byte[8])]);

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task An_end_in_the_middle_is_unavailable()
    {
        var error = await AnswerAsync([.. Settings, 0, 0]);

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Theory]
    [InlineData(5, 0, 1)]
    [InlineData(1, 0, 1)]
    public async Task Pushes_and_split_headers_are_breaches(byte type, byte flags, byte stream)
    {
        var error = await AnswerAsync([.. Settings, .. Frame(type, flags, stream, new byte[8])]);

        Assert.Equal(StatusCode.Unknown, error.StatusCode);
    }

    [Fact]
    public async Task A_frame_that_is_too_long_is_not_waited_for()
    {
        var error = await AnswerAsync([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]);

        Assert.Equal(StatusCode.Unknown, error.StatusCode);
    }

    [Fact]
    public async Task An_endless_answer_is_cut_off()
    {
        var flood = Enumerable.Repeat(Frame(0, 0, 1, new byte[16384]), 3).SelectMany(frame => frame);

        var error = await AnswerAsync([.. Settings, .. flood]);

        Assert.Equal(StatusCode.Unknown, error.StatusCode);
    }

    [Fact]
    public async Task A_flood_of_small_frames_is_cut_off()
    {
        var error = await AnswerAsync([.. Enumerable.Repeat(Frame(8, 0, 1, new byte[4]), 300).SelectMany(frame => frame)]);

        Assert.Equal(StatusCode.Unknown, error.StatusCode);
    }

    [Fact]
    public async Task A_silent_server_is_given_up_by_the_callers_token()
    {
        var (mine, theirs) = Pair();
        await using var connection = mine;
        // Held to the end: a server that the collector takes away resets the connection instead of keeping silent.
        await using var silent = theirs;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => OneShotUnaryCall.InvokeAsync(
            connection.Stream, (Mount, new MountRequest()), MountResponse.Parser, deadline.Token));
    }

    [Fact]
    public async Task No_bytes_make_it_fail_otherwise_than_with_a_status()
    {
        await Gen.Byte.Array[0, 200].SampleAsync(async bytes => Assert.NotNull(await AnswerAsync(bytes)), iter: 300);
    }

    [Theory]
    [InlineData(OneShotRequest.OneWindowBytes + 1)]
    [InlineData(65530)]
    [InlineData(65531)]
    [InlineData(1024 * 1024)]
    [InlineData(3 * 1024 * 1024)]
    public async Task A_message_beyond_the_opening_window_arrives_whole_as_the_server_opens_it(int length)
    {
        await using var served = await ServedMaitred.StartAsync(
            (request, _) => Task.FromResult(new MountResponse { Error = request.Source.Length }));
        await using var connection = await served.DialAsync(Cid.Host);

        var answer = await CallAsync(connection, new MountRequest { Source = new string('x', length) });

        Assert.Equal(length, answer.Error);
    }

    [Fact]
    public async Task A_server_that_answers_before_it_has_everything_is_not_sent_the_rest()
    {
        var error = await AnswerAsync(
            [.. Settings, .. Frame(1, 5, 1, [.. Literal("grpc-status", "8"), .. Literal("grpc-message", "full")])],
                messageBytes: 1024 * 1024);

        Assert.Equal((StatusCode.ResourceExhausted, "full"), (error.StatusCode, error.Status.Detail));
    }

    [Theory]
    [InlineData(8, 0, new byte[] { 0, 0, 0, 0 })]
    [InlineData(8, 1, new byte[] { 0, 0, 1 })]
    [InlineData(8, 1, new byte[] { 0x7f, 0xff, 0xff, 0xff })]
    [InlineData(4, 0, new byte[] { 0, 4, 0xff, 0xff, 0xff, 0xff })]
    [InlineData(4, 0, new byte[] { 0, 4, 0 })]
    public async Task A_window_against_the_rules_is_a_breach(byte type, byte stream, byte[] payload)
    {
        var error = await AnswerAsync([.. Settings, .. Frame(type, 0, stream, payload), .. Frame(1, 5, 1, Literal("grpc-status", "9"))]);

        Assert.Equal(StatusCode.Unknown, error.StatusCode);
    }

    private static Task<MountResponse> CallAsync(VsockStream connection, MountRequest request) =>
        OneShotUnaryCall.InvokeAsync(connection.Stream, (Mount, request), MountResponse.Parser, Cancel);

    /// <summary>What a call makes of a server that says this and closes.</summary>
    private static async Task<RpcException> AnswerAsync(byte[] answer, int messageBytes = 0)
    {
        var (mine, theirs) = Pair();
        await using var connection = mine;
        await theirs.Stream.WriteAsync(answer, Cancel);
        theirs.ShutdownSend();
        var error = await Assert.ThrowsAsync<RpcException>(
            () => CallAsync(connection, new MountRequest { Source = new string('x', messageBytes) }));
        await theirs.DisposeAsync();
        return error;
    }

    private static (VsockStream Mine, VsockStream Theirs) Pair()
    {
        var (mine, theirs) = UnixSocket.Pair();
        return (new VsockStream(default, AsyncSocket.Own(mine)), new VsockStream(default, AsyncSocket.Own(theirs)));
    }

    private static byte[] Frame(byte type, byte flags, byte stream, byte[] payload) =>
        [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];

    private static byte[] Literal(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
