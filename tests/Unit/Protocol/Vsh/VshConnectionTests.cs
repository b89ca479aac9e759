using Google.Protobuf;
using VmTools.Linux.Sockets;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;
using VmTools.Protocol.Vsock;
using Xunit;

namespace VmTools.Unit.Protocol.Vsh;

public sealed class VshConnectionTests : IAsyncDisposable
{
    private readonly VsockStream _peer;
    private readonly VshConnection _connection;

    public VshConnectionTests()
    {
        var (mine, theirs) = UnixSocket.Pair();
        _peer = new VsockStream(default, AsyncSocket.Own(theirs));
        _connection = new VshConnection(new VsockStream(default, AsyncSocket.Own(mine)).Stream);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_go_both_ways_in_order()
    {
        await using var other = new VshConnection(_peer.Stream);
        await _connection.WriteAsync(new SetupConnectionRequest { Target = "/vm_shell", Argv = { "true" } }, Cancel);
        await _connection.WriteDataAsync(StdioStream.StdinStream, "hello"u8.ToArray(), Cancel);

        var setup = await other.ReadAsync(SetupConnectionRequest.Parser, Cancel);
        var data = await other.ReadAsync(GuestMessage.Parser, Cancel);

        Assert.Equal("/vm_shell", setup!.Target);
        Assert.Equal("hello", data!.DataMessage.Data.ToStringUtf8());
    }

    [Fact]
    public async Task A_large_stream_arrives_whole_and_its_end_is_seen()
    {
        var sent = new byte[1_000_003];
        Random.Shared.NextBytes(sent);
        await using var other = new VshConnection(_peer.Stream);
        var sending = SendAsync(sent);

        var received = new List<byte>();
        while (DataOf(await other.ReadMessageAsync(Cancel)) is { Length: > 0 } data)
        {
            received.AddRange(data);
        }

        await sending;
        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task A_message_that_comes_byte_by_byte_is_a_message()
    {
        var reading = _connection.ReadAsync(HostMessage.Parser, Cancel).AsTask();

        foreach (var unit in Frame(new HostMessage { StatusMessage = new ConnectionStatusMessage { Code = -5 } }))
        {
            await _peer.Stream.WriteAsync(new[] { unit }, Cancel);
            await Task.Yield();
        }

        Assert.Equal(-5, (await reading)!.StatusMessage.Code);
    }

    [Fact]
    public async Task The_end_between_two_messages_is_the_end()
    {
        await _peer.DisposeAsync();

        Assert.Null(await _connection.ReadMessageAsync(Cancel));
    }

    [Theory]
    [InlineData(new byte[] { 5, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 5, 0 })]
    [InlineData(new byte[] { 1, 16, 0, 0, 1 })]
    [InlineData(new byte[] { 255, 255, 255, 255, 1 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 10, 200 })]
    public async Task Malformed_bytes_are_invalid_data(byte[] bytes)
    {
        await _peer.Stream.WriteAsync(bytes, Cancel);
        await _peer.DisposeAsync();

        await Assert.ThrowsAsync<InvalidDataException>(async () => await _connection.ReadAsync(HostMessage.Parser, Cancel));
    }

    [Fact]
    public async Task An_empty_message_is_a_message()
    {
        await _peer.Stream.WriteAsync(new byte[4], Cancel);

        Assert.Equal(HostMessage.MsgOneofCase.None, (await _connection.ReadAsync(HostMessage.Parser, Cancel))!.MsgCase);
    }

    [Fact]
    public async Task A_message_that_is_too_long_is_not_sent()
    {
        var request = new SetupConnectionRequest { Argv = { new string('x', 4096) } };

        await Assert.ThrowsAsync<InvalidDataException>(async () => await _connection.WriteAsync(request, Cancel));

        await _connection.DisposeAsync();
        Assert.Equal(0, await _peer.Stream.ReadAsync(new byte[1], Cancel));
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _peer.DisposeAsync();
    }

    private async Task SendAsync(byte[] bytes)
    {
        await _connection.WriteDataAsync(StdioStream.StdinStream, bytes, Cancel);
        await _connection.WriteDataAsync(StdioStream.StdinStream, ReadOnlyMemory<byte>.Empty, Cancel);
    }

    private static byte[] DataOf(ReadOnlyMemory<byte>? message)
    {
        Assert.True(VshData.TryRead(message!.Value.Span, out _, out var data));
        return data.ToArray();
    }

    private static byte[] Frame(HostMessage message) =>
        [.. BitConverter.GetBytes(message.CalculateSize()), .. message.ToByteArray()];
}
