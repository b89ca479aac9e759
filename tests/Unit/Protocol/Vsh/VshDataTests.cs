using CsCheck;
using Google.Protobuf;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;
using Xunit;

namespace VmTools.Unit.Protocol.Vsh;

/// <summary>The hand-written data frames against the generated code.</summary>
public sealed class VshDataTests
{
    [Fact]
    public void What_is_written_is_what_the_generated_parser_reads()
    {
        Gen.Byte.Array[0, 20_000].Sample(data =>
        {
            var read = Parse(WriteAll(StdioStream.StderrStream, data));

            Assert.All(read, message => Assert.Equal(StdioStream.StderrStream, message.DataMessage.Stream));
            Assert.All(read, message => Assert.InRange(message.DataMessage.Data.Length, data.Length == 0 ? 0 : 1, VshFrame.MaxDataBytes));
            Assert.Equal(data, read.SelectMany(message => message.DataMessage.Data).ToArray());
        }, iter: 500);
    }

    [Fact]
    public void What_the_generated_code_writes_is_read()
    {
        Gen.Select(Gen.Byte.Array[0, 4000], Gen.Int[0, 3]).Sample((data, stream) =>
        {
            var message = new GuestMessage
            {
                DataMessage = new DataMessage { Stream = (StdioStream)stream, Data = ByteString.CopyFrom(data) },
            };

            Assert.True(VshData.TryRead(message.ToByteArray(), out var readStream, out var readData));
            Assert.Equal((StdioStream)stream, readStream);
            Assert.Equal(data, readData.ToArray());
        }, iter: 500);
    }

    [Fact]
    public void Whatever_is_taken_for_data_is_the_same_data_to_the_generated_parser()
    {
        Gen.Byte.Array[0, 40].Sample(bytes =>
        {
            byte[] message = [0x0a, (byte)bytes.Length, .. bytes];
            if (VshData.TryRead(message, out var stream, out var data))
            {
                var parsed = HostMessage.Parser.ParseFrom(message);
                Assert.Equal(parsed.DataMessage.Stream, stream);
                Assert.Equal(parsed.DataMessage.Data.Span.ToArray(), data.ToArray());
            }
        }, iter: 20_000);
    }

    [Fact]
    public void Other_messages_are_left_to_the_generated_parser()
    {
        var status = new HostMessage { StatusMessage = new ConnectionStatusMessage { Status = ConnectionStatus.Exited, Code = 3 } };

        Assert.False(VshData.TryRead(status.ToByteArray(), out _, out _));
        Assert.False(VshData.TryRead([], out _, out _));
    }

    [Fact]
    public void Only_whole_frames_are_written()
    {
        var to = new byte[2 * VshData.MaxFrameBytes];

        var written = VshData.Write(StdioStream.StdinStream, new byte[9000], to, out var taken);

        Assert.Equal(8000, taken);
        Assert.Equal(2, Parse(to[..written]).Count);
    }

    private static byte[] WriteAll(StdioStream stream, byte[] data)
    {
        var to = new byte[data.Length + (((data.Length / VshFrame.MaxDataBytes) + 2) * VshData.MaxFrameBytes)];
        var written = VshData.Write(stream, data, to, out var taken);
        Assert.Equal(data.Length, taken);
        return to[..written];
    }

    private static List<HostMessage> Parse(byte[] frames)
    {
        var messages = new List<HostMessage>();
        for (ReadOnlySpan<byte> rest = frames; !rest.IsEmpty;)
        {
            Assert.True(VshFrame.TryFind(rest, out var message, out var frameBytes));
            messages.Add(HostMessage.Parser.ParseFrom(message));
            rest = rest[frameBytes..];
        }

        return messages;
    }
}
