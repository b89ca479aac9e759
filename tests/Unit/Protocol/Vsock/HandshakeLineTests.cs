using System.Text;
using CsCheck;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;
using Xunit;

namespace VmTools.Unit.Protocol.Vsock;

public sealed class HandshakeLineTests
{
    [Fact]
    public void A_peer_line_names_cid_and_port()
    {
        Assert.True(HandshakeLine.TryParsePeer("PEER 3 1024"u8, out var peer));
        Assert.Equal(new VsockAddress(new Cid(3), new VsockPort(1024)), peer);
    }

    [Fact]
    public void The_largest_addresses_fit_into_the_limit()
    {
        var line = "PEER 4294967294 4294967295"u8;

        Assert.True(HandshakeLine.TryParsePeer(line, out _));
        Assert.True(line.Length < HandshakeLine.MaxBytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PEER")]
    [InlineData("PEER ")]
    [InlineData("PEER 3")]
    [InlineData("PEER 3 ")]
    [InlineData("PEER 3 1024 ")]
    [InlineData("PEER 3 1024 5")]
    [InlineData("PEER  3 1024")]
    [InlineData(" PEER 3 1024")]
    [InlineData("peer 3 1024")]
    [InlineData("PEER -3 1024")]
    [InlineData("PEER +3 1024")]
    [InlineData("PEER 0x3 1024")]
    [InlineData("PEER 3 1024\r")]
    [InlineData("PEER 4294967296 1")]
    [InlineData("PEER 3 4294967296")]
    [InlineData("PEER 0 1024")]
    [InlineData("PEER 1 1024")]
    [InlineData("PEER 2 1024")]
    [InlineData("PEER 4294967295 1024")]
    public void Everything_else_is_refused(string line)
    {
        Assert.False(HandshakeLine.TryParsePeer(Encoding.ASCII.GetBytes(line), out _));
    }

    [Fact]
    public void Any_bytes_are_a_guest_or_nothing()
    {
        Gen.Byte.Array[0, 40].Sample(bytes =>
        {
            var isPeer = HandshakeLine.TryParsePeer([.. "PEER "u8, .. bytes], out var peer);

            Assert.Equal(isPeer, peer.Cid.IsGuest);
        });
    }
}
