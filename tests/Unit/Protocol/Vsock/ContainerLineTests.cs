using System.Text;
using VmTools.Linux.Sockets;
using VmTools.Protocol.Vsock;
using VmTools.Protocol.Wire;
using Xunit;

namespace VmTools.Unit.Protocol.Vsock;

/// <summary>The line by which a stream is given to a container.</summary>
public sealed class ContainerLineTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("penguin")]
    [InlineData("a")]
    [InlineData("a-1")]
    public async Task The_name_is_read_and_what_follows_stays(string name)
    {
        Assert.Equal((name, "rest"), await ReadAsync([.. ContainerLine.Of(name), .. "rest"u8]));
    }

    [Fact]
    public async Task The_longest_name_fits()
    {
        var longest = new string('a', ContainerNameRule.MaxLength);

        Assert.Equal(ContainerLine.MaxBytes, ContainerLine.Of(longest).Length);
        Assert.Equal((longest, ""), await ReadAsync(ContainerLine.Of(longest)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("CONTAINER \n")]
    [InlineData("CONTAINER ../x\n")]
    [InlineData("CONTAINER Upper\n")]
    [InlineData("CONTAINER a b\n")]
    [InlineData("CONTAINER  a\n")]
    [InlineData("CONTAINER a\r\n")]
    [InlineData("CONTAINER a\0\n")]
    [InlineData("container a\n")]
    [InlineData("PEER 40 1\n")]
    [InlineData("CONTAINER penguin")]
    [InlineData("CONTAINER aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n")]
    public async Task Nothing_else_names_a_container(string line)
    {
        Assert.Null((await ReadAsync(Encoding.UTF8.GetBytes(line))).Name);
    }

    [Theory]
    [InlineData("OK\n", true)]
    [InlineData("OK", false)]
    [InlineData("NO\n", false)]
    [InlineData("OK, OK, OK\n", false)]
    [InlineData("", false)]
    public async Task Only_OK_is_an_answer(string line, bool isConnected)
    {
        var (ours, theirs) = UnixSocket.Pair();
        using var socket = AsyncSocket.Own(ours);
        using (var peer = AsyncSocket.Own(theirs))
        {
            peer.Send(Encoding.ASCII.GetBytes(line));
        }

        Assert.Equal(isConnected, await ContainerLine.ReadAnswerAsync(socket, Cancel));
    }

    private static async Task<(string? Name, string Behind)> ReadAsync(byte[] bytes)
    {
        var (ours, theirs) = UnixSocket.Pair();
        using var socket = AsyncSocket.Own(ours);
        using (var peer = AsyncSocket.Own(theirs))
        {
            peer.Send(bytes);
        }

        var name = await ContainerLine.ReadAsync(socket, Cancel);
        var rest = new byte[16];
        return (name, name is null ? "" : Encoding.ASCII.GetString(rest, 0, await socket.ReceiveAsync(rest, Cancel)));
    }
}
