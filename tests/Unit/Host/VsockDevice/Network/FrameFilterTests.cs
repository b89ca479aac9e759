using CsCheck;
using VmTools.Host.VsockDevice.Network;
using Xunit;

namespace VmTools.Unit.Host.VsockDevice.Network;

public sealed class FrameFilterTests
{
    [Theory]
    [InlineData(10, 0, 2, 2, true)]
    [InlineData(10, 0, 2, 3, true)]
    [InlineData(192, 0, 2, 1, true)]
    [InlineData(255, 255, 255, 255, true)]
    [InlineData(127, 0, 0, 1, false)]
    [InlineData(127, 255, 255, 254, false)]
    [InlineData(0, 0, 0, 0, false)]
    [InlineData(0, 1, 2, 3, false)]
    public void A_packet_leaves_unless_its_destination_is_the_host_by_definition(byte a, byte b, byte c, byte d, bool leaves) =>
        Assert.Equal(leaves, FrameFilter.MayLeave(Frames.To(a, b, c, d)));

    [Theory]
    [InlineData(0x0806, true)]
    [InlineData(0x86DD, false)]
    [InlineData(0x8100, false)]
    [InlineData(0x88A8, false)]
    [InlineData(0x8864, false)]
    [InlineData(0x05DC, false)]
    public void Only_packets_of_known_kinds_leave(int type, bool leaves) =>
        Assert.Equal(leaves, FrameFilter.MayLeave(Frames.OfType((ushort)type)));

    [Theory]
    [InlineData(0x65)]
    [InlineData(0x05)]
    public void A_packet_of_another_version_stays(byte version)
    {
        var frame = Frames.To(192, 0, 2, 1);
        frame[14] = version;

        Assert.False(FrameFilter.MayLeave(frame));
    }

    [Fact]
    public void A_frame_that_is_cut_or_too_long_stays()
    {
        var frame = Frames.To(192, 0, 2, 1);

        for (var length = 0; length < 34; length++)
        {
            Assert.False(FrameFilter.MayLeave(frame.AsSpan(0, length)));
        }

        Assert.True(FrameFilter.MayLeave(new byte[FrameFilter.LargestFrame - frame.Length].Prepend(frame)));
        Assert.False(FrameFilter.MayLeave(new byte[FrameFilter.LargestFrame - frame.Length + 1].Prepend(frame)));
    }

    [Fact]
    public void No_bytes_get_a_packet_for_the_loopback_through() =>
        Gen.Byte.Array[0, 80].Sample(bytes =>
        {
            if (FrameFilter.MayLeave(bytes) && bytes[12] == 0x08 && bytes[13] == 0x00)
            {
                Assert.NotEqual(127, bytes[30]);
                Assert.NotEqual(0, bytes[30]);
            }
        });
}
