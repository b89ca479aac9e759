using VmTools.Protocol.Vsh;
using Xunit;

namespace VmTools.Unit.Protocol.Vsh;

public sealed class VshFrameTests
{
    [Theory]
    [InlineData(new byte[] { }, 0)]
    [InlineData(new byte[] { 1, 0, 0 }, 0)]
    [InlineData(new byte[] { 2, 0, 0, 0, 9 }, 0)]
    [InlineData(new byte[] { 0, 0, 0, 0 }, 4)]
    [InlineData(new byte[] { 1, 0, 0, 0, 9, 8 }, 5)]
    public void A_frame_is_found_when_it_is_whole(byte[] read, int frameBytes)
    {
        Assert.True(VshFrame.TryFind(read, out _, out var found));
        Assert.Equal(frameBytes, found);
    }

    [Theory]
    [InlineData(new byte[] { 1, 16, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 128 })]
    [InlineData(new byte[] { 255, 255, 255, 255 })]
    public void A_length_beyond_the_limit_is_refused_at_once(byte[] read)
    {
        Assert.False(VshFrame.TryFind(read, out _, out _));
    }

    [Fact]
    public void The_limit_itself_is_allowed()
    {
        Assert.True(VshFrame.TryFind([0, 16, 0, 0, .. new byte[4096]], out var message, out _));
        Assert.Equal(4096, message.Length);
    }
}
