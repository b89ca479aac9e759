using VmTools.Crash.Cores;
using VmTools.Unit.Crash.Fakes;
using Xunit;

namespace VmTools.Unit.Crash.Cores;

/// <summary>Build ids and extents from the first pages of programs and libraries.</summary>
public sealed class ImageHeadTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_program_tells_its_build_id_and_its_extent(int machine)
    {
        var page = new CoreBuilder((CoreMachine)machine).Image([1, 2, 3], span: 0x5432);

        Assert.True(ImageHead.TryRead(page, out var head));
        Assert.Equal(("010203", 0x5432UL), (Convert.ToHexString(head!.BuildId), head.Span));
    }

    [Fact]
    public void A_build_id_that_is_cut_off_is_none()
    {
        var page = new CoreBuilder(CoreMachine.X64).Image([1, 2, 3], span: 0x1000)[..0x212];

        Assert.True(ImageHead.TryRead(page, out var head));
        Assert.Empty(head!.BuildId);
    }

    [Fact]
    public void A_build_id_longer_than_any_is_none()
    {
        var page = new CoreBuilder(CoreMachine.X64).Image(new byte[65], span: 0x1000);

        Assert.True(ImageHead.TryRead(page, out var head));
        Assert.Empty(head!.BuildId);
    }

    [Fact]
    public void Other_files_are_no_programs() => Assert.False(ImageHead.TryRead(CoreBuilder.Pattern(4096), out _));

    [Fact]
    public void A_real_library_has_them_in_its_first_page()
    {
        var head = File.ReadAllBytes(
            typeof(object).Assembly.Location.Replace("System.Private.CoreLib.dll", "libcoreclr.so", StringComparison.Ordinal));

        Assert.True(ImageHead.TryRead(head.AsSpan(0, 4096), out var image));
        Assert.Equal(20, image!.BuildId.Length);
        Assert.InRange(image.Span, 1_000_000UL, 100_000_000UL);
    }
}
