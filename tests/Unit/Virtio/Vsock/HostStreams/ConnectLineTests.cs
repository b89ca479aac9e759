using System.Text;
using VmTools.Virtio.Vsock.HostStreams;
using Xunit;

namespace VmTools.Unit.Virtio.Vsock.HostStreams;

public sealed class ConnectLineTests
{
    [Theory]
    [InlineData("CONNECT 1024\n", 1024u, 13)]
    [InlineData("CONNECT 0\n", 0u, 10)]
    [InlineData("CONNECT 4294967294\n", 4294967294u, 19)]
    [InlineData("CONNECT 7\npayload that follows and is not ours", 7u, 10)]
    public void A_whole_line_gives_the_port_and_where_the_payload_begins(string text, uint port, int length)
    {
        Assert.Equal(ConnectLineState.Complete, Read(text, out var found, out var end));
        Assert.Equal((port, length), (found, end));
    }

    [Theory]
    [InlineData("")]
    [InlineData("C")]
    [InlineData("CONNECT ")]
    [InlineData("CONNECT 10")]
    public void The_beginning_of_a_line_waits_for_the_rest(string text) =>
        Assert.Equal(ConnectLineState.Incomplete, Read(text, out _, out _));

    [Theory]
    [InlineData("connect 1\n")]
    [InlineData("GET / HTTP/1.1\n")]
    [InlineData("CONNECT \n")]
    [InlineData("CONNECT 1 \n")]
    [InlineData("CONNECT -1\n")]
    [InlineData("CONNECT +1\n")]
    [InlineData("CONNECT 0x10\n")]
    [InlineData("CONNECT 1\r\n")]
    [InlineData("CONNECT 4294967295\n")]
    [InlineData("CONNECT 4294967296\n")]
    [InlineData("CONNECT 00000000000000000000000000000001\n")]
    [InlineData("CONNECT 000000000000000000000000")]
    [InlineData("CONNECT x")]
    [InlineData("\n")]
    [InlineData("CONN\n")]
    [InlineData("\0\u0001\u0002")]
    public void Anything_else_is_wrong_at_the_first_byte_that_shows_it(string text) =>
        Assert.Equal(ConnectLineState.Wrong, Read(text, out _, out _));

    [Fact]
    public void The_other_lines_are_as_agreed()
    {
        Assert.Equal("OK 1073741824\n", Encoding.ASCII.GetString(ConnectLine.Accepted(1 << 30)));
        Assert.Equal("PEER 3 4294967294\n", Encoding.ASCII.GetString(ConnectLine.Introduction(3, 4294967294)));
    }

    private static ConnectLineState Read(string text, out uint port, out int length) =>
        ConnectLine.Read(Encoding.Latin1.GetBytes(text), out port, out length);
}
