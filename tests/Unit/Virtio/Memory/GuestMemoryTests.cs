using VmTools.Linux;
using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.Memory;
using Xunit;

namespace VmTools.Unit.Virtio.Memory;

public sealed class GuestMemoryTests : IDisposable
{
    private const ulong Page = GuestRam.PageSize;
    private readonly GuestRam _ram = new(pages: 8);

    public void Dispose() => _ram.Dispose();

    [Fact]
    public void What_the_guest_writes_is_read()
    {
        using var memory = _ram.Share();
        _ram.At(GuestRam.GuestBase + 100, 3).Fill(7);

        var copy = new byte[3];

        Assert.True(memory.TryRead(GuestRam.GuestBase + 100, copy));
        Assert.Equal([7, 7, 7], copy);
    }

    [Fact]
    public void What_is_written_the_guest_sees()
    {
        using var memory = _ram.Share();

        Assert.True(memory.TryWrite(GuestRam.GuestBase + 4094, [1, 2, 3]));

        Assert.Equal([1, 2, 3], _ram.At(GuestRam.GuestBase + 4094, 3).ToArray());
    }

    [Fact]
    public void A_region_is_mapped_at_its_offset_in_the_file()
    {
        // User-Mode Linux shares its memory from the middle of a file, at the same number in all three spaces.
        _ram.Regions = [new MemoryRegion(3 * Page, 2 * Page, 3 * Page, 3 * Page)];
        using var memory = _ram.Share();

        Assert.True(memory.TryWrite(3 * Page, [9]));

        Assert.Equal(9, _ram.At(GuestRam.GuestBase + (3 * Page), 1)[0]);
    }

    [Fact]
    public void An_offset_inside_a_page_is_mapped_from_the_page_below()
    {
        _ram.Regions = [new MemoryRegion(GuestRam.GuestBase, Page, GuestRam.UserBase, Page + 512)];
        using var memory = _ram.Share();

        Assert.True(memory.TryWrite(GuestRam.GuestBase, [5]));

        Assert.Equal(5, _ram.At(GuestRam.GuestBase + Page + 512, 1)[0]);
    }

    [Fact]
    public void A_range_over_adjacent_regions_is_split()
    {
        _ram.Regions = Split(gap: 0);
        using var memory = _ram.Share();
        var found = new IoVectorList(new IoVector[4]);

        Assert.True(memory.TryGetVectors(GuestRam.GuestBase + Page - 10, 30, ref found));

        Assert.Equal([10, 20], found.Items.ToArray().Select(item => (int)item.Length));
    }

    [Fact]
    public void Bytes_over_adjacent_regions_arrive_in_both()
    {
        _ram.Regions = Split(gap: 0);
        using var memory = _ram.Share();
        var copy = new byte[4];

        Assert.True(memory.TryWrite(GuestRam.GuestBase + Page - 2, [1, 2, 3, 4]));
        Assert.True(memory.TryRead(GuestRam.GuestBase + Page - 2, copy));

        Assert.Equal([1, 2, 3, 4], copy);
        Assert.Equal([3, 4], _ram.At(GuestRam.GuestBase + (4 * Page), 2).ToArray());
    }

    [Fact]
    public void A_range_into_a_hole_between_regions_is_refused()
    {
        _ram.Regions = Split(gap: Page);
        using var memory = _ram.Share();
        var found = new IoVectorList(new IoVector[4]);

        Assert.False(memory.TryGetVectors(GuestRam.GuestBase + Page - 10, 11, ref found));

        Assert.False(memory.TryRead(GuestRam.GuestBase + Page - 10, new byte[11]));
        Assert.False(memory.TryWrite(GuestRam.GuestBase + Page, [1]));
    }

    [Theory]
    [InlineData(ulong.MaxValue, 2)]
    [InlineData(ulong.MaxValue - 1, uint.MaxValue)]
    [InlineData(0, 1)]
    [InlineData(GuestRam.GuestBase - 1, 2)]
    [InlineData(GuestRam.GuestBase + (8 * Page) - 1, 2)]
    [InlineData(GuestRam.GuestBase, uint.MaxValue)]
    public void A_range_that_leaves_guest_memory_is_refused(ulong address, uint length)
    {
        using var memory = _ram.Share();
        var found = new IoVectorList(new IoVector[4]);

        Assert.False(memory.TryGetVectors(address, length, ref found));
    }

    [Fact]
    public void A_range_in_more_pieces_than_there_is_room_for_is_refused()
    {
        _ram.Regions = Split(gap: 0);
        using var memory = _ram.Share();
        var found = new IoVectorList(new IoVector[1]);

        Assert.False(memory.TryGetVectors(GuestRam.GuestBase + Page - 10, 30, ref found));
    }

    [Fact]
    public void A_ring_area_must_lie_in_one_region()
    {
        _ram.Regions = Split(gap: 0);
        using var memory = _ram.Share();

        Assert.True(memory.TryTranslateUserAddress(GuestRam.UserBase + Page - 16, 16, out _));
        Assert.False(memory.TryTranslateUserAddress(GuestRam.UserBase + Page - 16, 17, out _));
        Assert.False(memory.TryTranslateUserAddress(GuestRam.GuestBase, 16, out _));
    }

    [Fact]
    public void An_access_outside_a_ring_area_is_a_bug_and_not_a_stray_write()
    {
        using var memory = _ram.Share();
        Assert.True(memory.TryTranslateUserAddress(GuestRam.UserBase, 16, out var area));

        Assert.Throws<InvalidOperationException>(() => GuestMemory.LoadAcquire(area, 15));
        Assert.Throws<InvalidOperationException>(() => GuestMemory.StoreRelease(area, -2, 1));
        Assert.Throws<InvalidOperationException>(() => GuestMemory.WriteArea(area, 9, new byte[8]));
        Assert.Throws<InvalidOperationException>(() => GuestMemory.ReadArea(default, 0, new byte[1]));
    }

    [Fact]
    public void A_copy_outside_a_vector_is_a_bug_and_not_a_stray_write()
    {
        using var memory = _ram.Share();
        var found = new IoVectorList(new IoVector[1]);
        Assert.True(memory.TryGetVectors(GuestRam.GuestBase, 8, ref found));
        var vector = found.Items[0];

        Assert.Throws<InvalidOperationException>(() => GuestMemory.CopyIn(vector, 5, new byte[4]));
        Assert.Throws<InvalidOperationException>(() => GuestMemory.CopyOut(vector, uint.MaxValue, new byte[1]));
    }

    [Fact]
    public void A_file_that_may_shrink_is_noticed()
    {
        using var loose = new GuestRam(sealShrink: false);
        using var sealedMemory = _ram.Share();
        using var looseMemory = loose.Share();

        Assert.False(sealedMemory.CanShrink);
        Assert.True(looseMemory.CanShrink);
    }

    private static MemoryRegion[] Split(ulong gap) =>
    [
        new(GuestRam.GuestBase, Page, GuestRam.UserBase, 0),
        new(GuestRam.GuestBase + Page + gap, Page, GuestRam.UserBase + (16 * Page), 4 * Page),
    ];
}
