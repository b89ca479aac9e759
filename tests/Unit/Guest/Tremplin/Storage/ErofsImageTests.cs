using VmTools.Guest.Tremplin.Storage;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Storage;

public sealed class ErofsImageTests
{
    [Fact]
    public void The_superblock_says_id_and_length()
    {
        Assert.True(ErofsImage.TryRead(ErofsImages.Make(TestContainers.Image, blocks: 3), out var image));
        Assert.Equal(new ErofsImage(TestContainers.Image, 3 * ErofsImages.BlockBytes), image);
    }

    [Fact]
    public void A_short_or_a_foreign_header_is_no_image()
    {
        var bytes = ErofsImages.Make(TestContainers.Image, blocks: 1);

        Assert.False(ErofsImage.TryRead(bytes.AsSpan(0, ErofsImage.HeaderBytes - 1), out _));
        Assert.False(ErofsImage.TryRead(new byte[ErofsImage.HeaderBytes], out _));
    }

    [Fact]
    public void An_image_without_blocks_or_with_odd_ones_is_none()
    {
        var odd = ErofsImages.Make(TestContainers.Image, blocks: 1);
        odd[1024 + 12] = 40;

        Assert.False(ErofsImage.TryRead(odd, out _));
    }
}
