using CsCheck;
using Google.Protobuf;
using VmTools.Host.Vsh;
using VmTools.Protocol.Messages.Vsh;
using Xunit;

namespace VmTools.Unit.Host.Vsh;

/// <summary>Whatever a guest sends, vsh ends with a code, and only what was sent as output comes out.</summary>
public sealed class HostileGuestTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(new byte[] { 1, 16, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 128 })]
    [InlineData(new byte[] { 255, 255, 255, 255 })]
    [InlineData(new byte[] { 9, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 10, 200 })]
    [InlineData(new byte[] { })]
    public async Task Malformed_frames_are_a_lost_connection(byte[] bytes)
    {
        var (ending, output) = await MeetAsync(bytes);

        Assert.Equal(125, ending.Code);
        Assert.Empty(output);
    }

    [Fact]
    public async Task Empty_unknown_and_misplaced_messages_are_passed_over()
    {
        byte[] bytes =
        [
            .. new byte[4],
            .. Frame([0xfa, 0x01, 0x00]),
            .. Frame(new HostMessage { DataMessage = new DataMessage { Stream = StdioStream.StdinStream,
                Data = ByteString.CopyFromUtf8("in?") } }.ToByteArray()),
            .. Frame(new HostMessage { DataMessage = new DataMessage { Stream = (StdioStream)77,
                Data = ByteString.CopyFromUtf8("77?") } }.ToByteArray()),
            .. Frame(new HostMessage { StatusMessage = new ConnectionStatusMessage { Status = ConnectionStatus.Ready } }.ToByteArray()),
            .. Frame(new HostMessage { DataMessage = new DataMessage { Stream = StdioStream.StdoutStream } }.ToByteArray()),
            .. Frame(new HostMessage { DataMessage = new DataMessage { Stream = StdioStream.StdoutStream,
                Data = ByteString.CopyFromUtf8("out") } }.ToByteArray()),
            .. Frame(new HostMessage { StatusMessage = new ConnectionStatusMessage { Status = ConnectionStatus.Exited,
                Code = 5 } }.ToByteArray()),
            .. Frame(new HostMessage { DataMessage = new DataMessage { Stream = StdioStream.StdoutStream,
                Data = ByteString.CopyFromUtf8("late") } }.ToByteArray()),
        ];

        var (ending, output) = await MeetAsync(bytes);

        Assert.Equal(5, ending.Code);
        Assert.Equal("out", System.Text.Encoding.UTF8.GetString(output));
    }

    [Fact]
    public async Task No_bytes_make_it_hang_or_throw()
    {
        await Gen.Byte.Array[0, 300].SampleAsync(async bytes =>
        {
            var (ending, _) = await MeetAsync(bytes);

            Assert.InRange(ending.Code, 0, 255);
        }, iter: 200);
    }

    [Fact]
    public async Task Messages_in_any_order_make_it_neither_hang_nor_throw()
    {
        await Message.Array[0, 20].SampleAsync(async messages =>
        {
            var (ending, output) = await MeetAsync([.. messages.SelectMany(message => Frame(message.ToByteArray()))]);

            Assert.InRange(ending.Code, 0, 255);
            Assert.Equal(OutputUntilTheEnd(messages), output);
        }, iter: 200);
    }

    private static Gen<HostMessage> Message { get; } = Gen.OneOf(
        Gen.Select(Gen.Int[0, 4], Gen.Byte.Array[0, 50], (stream, data) => new HostMessage
        {
            DataMessage = new DataMessage { Stream = (StdioStream)stream, Data = ByteString.CopyFrom(data) },
        }),
        Gen.Select(Gen.Int[0, 5], Gen.Int, (status, code) => new HostMessage
        {
            StatusMessage = new ConnectionStatusMessage { Status = (ConnectionStatus)status, Code = code },
        }),
        Gen.Const(new HostMessage()));

    private static byte[] OutputUntilTheEnd(HostMessage[] messages) =>
    [
        .. messages
            .TakeWhile(message => message.StatusMessage is not { Status: not ConnectionStatus.Ready })
            .Where(message => message.DataMessage is { Stream: StdioStream.StdoutStream })
            .SelectMany(message => message.DataMessage.Data),
    ];

    private static byte[] Frame(byte[] message) => [.. BitConverter.GetBytes(message.Length), .. message];

    /// <summary>How a session ends in which the guest says this and closes, and what came out.</summary>
    private static async Task<(VshEnding Ending, byte[] Output)> MeetAsync(byte[] bytes)
    {
        await using var peer = new VshdPeer();
        await peer.RawGuest.WriteAsync(bytes, Cancel);
        await peer.RawGuest.DisposeAsync();
        var ending = await peer.RunAsync().WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        peer.Stdio.Output.Dispose();
        return (ending, VshdPeer.ReadToEnd(peer.OutputEnd));
    }
}
