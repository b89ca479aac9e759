using Google.Protobuf;
using VmTools.Guest.Vshd.Frames;
using VmTools.Protocol.Messages.Vsh;
using Xunit;
using Signal = VmTools.Protocol.Messages.Vsh.Signal;

namespace VmTools.Unit.Guest.Vshd.Frames;

public sealed class InboundMessagesTests
{
    [Fact]
    public void A_request_is_read_field_by_field()
    {
        var request = new SetupConnectionRequest
        {
            Target = "/vm_shell",
            User = "root",
            Argv = { "ls", "-l" },
            Env = { ["A"] = "b" },
            Cwd = "work",
            CwdPid = 7,
            WindowRows = 24,
            WindowCols = 80,
        };

        Assert.True(InboundMessages.TryReadSetup(request.ToByteArray(), out var spec));

        Assert.Equal(("/vm_shell", "root", "work", 7), (spec.Target, spec.User, spec.WorkingDirectory, spec.BesideProcess));
        Assert.Equal((true, 24, 80), (spec.HasTerminal, spec.WindowRows, spec.WindowColumns));
        Assert.Equal(["ls", "-l"], spec.Arguments);
        Assert.Equal([new KeyValuePair<string, string>("A", "b")], spec.Environment);
    }

    [Fact]
    public void Bytes_that_are_no_request_are_refused() => Assert.False(InboundMessages.TryReadSetup([0x0a, 0xff], out _));

    [Fact]
    public void Standard_input_is_read()
    {
        var message = InboundMessages.Read(Data(StdioStream.StdinStream, "abc"));

        Assert.Equal(InboundKind.Input, message.Kind);
        Assert.Equal("abc"u8.ToArray(), message.Bytes.ToArray());
    }

    [Fact]
    public void Data_of_an_unusual_form_is_read_all_the_same()
    {
        // A message may carry the same field twice; the data of both are one message to the generated parser.
        byte[] twice = [.. Data(StdioStream.StdinStream, "x"), .. Data(StdioStream.StdinStream, "abc")];

        var message = InboundMessages.Read(twice);

        Assert.Equal(InboundKind.Input, message.Kind);
        Assert.Equal("abc"u8.ToArray(), message.Bytes.ToArray());
    }

    [Fact]
    public void Data_of_a_stream_that_the_host_does_not_have_asks_for_nothing() =>
        Assert.Equal(InboundKind.Ignored, InboundMessages.Read(Data(StdioStream.StderrStream, "abc")).Kind);

    [Fact]
    public void A_window_size_is_read()
    {
        var message = InboundMessages.Read(
            new GuestMessage { ResizeMessage = new WindowResizeMessage { Rows = 24, Cols = 80 } }.ToByteArray());

        Assert.Equal((InboundKind.Resize, 24, 80), (message.Kind, message.Rows, message.Columns));
    }

    [Fact]
    public void A_signal_is_the_kernels_of_the_same_number()
    {
        var message = InboundMessages.Read(new GuestMessage { Signal = Signal.Term }.ToByteArray());

        Assert.Equal((InboundKind.Signal, VmTools.Linux.ProcessControl.Signal.Term), (message.Kind, message.Signal));
    }

    [Theory]
    [InlineData(ConnectionStatus.Ready, nameof(InboundKind.Ignored))]
    [InlineData(ConnectionStatus.Exited, nameof(InboundKind.End))]
    [InlineData(ConnectionStatus.Failed, nameof(InboundKind.End))]
    public void A_status_other_than_ready_ends_the_session(ConnectionStatus status, string kind)
    {
        var message = new GuestMessage { StatusMessage = new ConnectionStatusMessage { Status = status } };

        Assert.Equal(kind, InboundMessages.Read(message.ToByteArray()).Kind.ToString());
    }

    [Theory]
    [InlineData(new byte[] { }, nameof(InboundKind.Unknown))]
    [InlineData(new byte[] { 0x78, 0x01 }, nameof(InboundKind.Unknown))]
    [InlineData(new byte[] { 0x0a, 0x7f }, nameof(InboundKind.Malformed))]
    public void Other_bytes_are_unknown_or_malformed(byte[] bytes, string kind) =>
        Assert.Equal(kind, InboundMessages.Read(bytes).Kind.ToString());

    private static byte[] Data(StdioStream stream, string text) => new GuestMessage
    {
        DataMessage = new DataMessage { Stream = stream, Data = ByteString.CopyFromUtf8(text) },
    }.ToByteArray();
}
