using VmTools.Unit.Virtio.Fakes;
using Xunit;

namespace VmTools.Unit.Virtio.Rings;

/// <summary>
/// Rings as a hostile driver would fill them: what only spoils one chain goes back unused, what spoils the ring stops it.
/// </summary>
public sealed class HostileRingTests : IDisposable
{
    private readonly RingBench _bench = new();

    private DriverRing Driver => _bench.Driver;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_loop_of_descriptors_breaks_the_ring()
    {
        var buffer = Driver.Readable([1]);
        Driver.Describe(0, buffer.Address, 1, DriverRing.Next, 1);
        Driver.Describe(1, buffer.Address, 1, DriverRing.Next, 0);
        Driver.Offer(0);

        AssertBreaks();
    }

    [Fact]
    public void A_descriptor_that_follows_itself_breaks_the_ring()
    {
        Driver.Describe(3, Driver.Allocate(1), 1, DriverRing.Next, 3);
        Driver.Offer(3);

        AssertBreaks();
    }

    [Theory]
    [InlineData(16)]
    [InlineData(65535)]
    public void A_head_outside_the_table_breaks_the_ring(int head)
    {
        Driver.Offer(head);

        AssertBreaks();
    }

    [Fact]
    public void A_next_outside_the_table_breaks_the_ring()
    {
        Driver.Describe(0, Driver.Allocate(1), 1, DriverRing.Next, 16);
        Driver.Offer(0);

        AssertBreaks();
    }

    /// <summary>vm-virtio before 0.6.1 walked the ring for ever when the index was ahead of it by more than its size.</summary>
    [Theory]
    [InlineData(17)]
    [InlineData(32768)]
    [InlineData(65535)]
    public void An_available_index_too_far_ahead_breaks_the_ring_instead_of_looping(int index)
    {
        Driver.AvailableIndex = (ushort)index;

        AssertBreaks();
    }

    [Fact]
    public void A_full_ring_is_not_too_far_ahead()
    {
        for (var i = 0; i < Driver.Size; i++)
        {
            Driver.OfferChain(Driver.Readable([1]));
        }

        Assert.Equal(16, _bench.Ring.AvailableCount);
    }

    [Fact]
    public void A_nested_indirect_table_is_given_back_unused()
    {
        var inner = Driver.StoreTable([Driver.Readable([1])]);
        var outer = Driver.StoreTable([new DriverBuffer(inner, 16, DriverRing.Indirect)]);
        Driver.Describe(0, outer, 16, DriverRing.Indirect);
        Driver.Offer(0);

        AssertGivenBack(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(16u * 65536)]
    [InlineData(0xFFFF_FFF0)]
    public void An_indirect_table_of_a_bad_length_is_given_back_unused(uint length)
    {
        Driver.Describe(0, Driver.StoreTable([Driver.Readable([1])]), length, DriverRing.Indirect);
        Driver.Offer(0);

        AssertGivenBack(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0xFFFF_FFFF_FFFF_FFF8)]
    [InlineData(GuestRam.GuestBase + (64 * GuestRam.PageSize) - 8)]
    public void An_indirect_table_outside_guest_memory_is_given_back_unused(ulong address)
    {
        Driver.Describe(0, address, 16, DriverRing.Indirect);
        Driver.Offer(0);

        AssertGivenBack(0);
    }

    [Fact]
    public void An_indirect_descriptor_with_a_successor_is_given_back_unused()
    {
        Driver.Describe(0, Driver.StoreTable([Driver.Readable([1])]), 16, DriverRing.Indirect | DriverRing.Next, 1);
        Driver.Describe(1, Driver.Allocate(1), 1, 0);
        Driver.Offer(0);

        AssertGivenBack(0);
    }

    [Fact]
    public void An_indirect_table_that_points_outside_itself_is_given_back_unused()
    {
        var table = Driver.Allocate(16);
        DriverRing.WriteDescriptor(Driver.At(table, 16), Driver.Allocate(1), 1, DriverRing.Next, 1);
        Driver.Describe(0, table, 16, DriverRing.Indirect);
        Driver.Offer(0);

        AssertGivenBack(0);
    }

    [Fact]
    public void An_entry_past_the_end_of_its_indirect_table_is_not_read()
    {
        // Three good entries stand in memory, but the table has two.
        var table = Driver.Allocate(3 * 16);
        DriverRing.WriteDescriptor(Driver.At(table, 16), Driver.Allocate(1), 1, DriverRing.Next, 2);
        DriverRing.WriteDescriptor(Driver.At(table + 32, 16), Driver.Allocate(1), 1, 0, 0);
        Driver.Describe(0, table, 2 * 16, DriverRing.Indirect);
        Driver.Offer(0);

        AssertGivenBack(0);
    }

    [Fact]
    public void A_loop_inside_an_indirect_table_is_given_back_unused()
    {
        var table = Driver.Allocate(16);
        DriverRing.WriteDescriptor(Driver.At(table, 16), Driver.Allocate(1), 1, DriverRing.Next, 0);
        Driver.Describe(0, table, 16, DriverRing.Indirect);
        Driver.Offer(0);

        AssertGivenBack(0);
    }

    [Fact]
    public void An_indirect_descriptor_that_was_not_agreed_on_is_given_back_unused()
    {
        using var bench = new RingBench(indirect: false);
        bench.Driver.OfferIndirect([], bench.Driver.Readable([1]));

        Assert.False(bench.Ring.TryPop(out _));

        Assert.Equal([(0u, 0u)], bench.TakeUsed());
    }

    [Fact]
    public void A_readable_descriptor_after_a_writable_one_is_given_back_unused()
    {
        var head = Driver.OfferChain(Driver.Writable(4), Driver.Readable([1]));

        AssertGivenBack(head);
    }

    [Fact]
    public void A_readable_descriptor_after_an_empty_writable_one_is_of_no_consequence()
    {
        var head = Driver.OfferChain(new DriverBuffer(0, 0, DriverRing.Write), Driver.Readable([1]));

        Assert.Equal(head, _bench.Pop().Head);
    }

    [Theory]
    [InlineData(ulong.MaxValue - 3, 8u)]
    [InlineData(GuestRam.GuestBase - 1, 2u)]
    [InlineData(GuestRam.GuestBase + (64 * GuestRam.PageSize) - 1, 2u)]
    [InlineData(0ul, 1u)]
    public void A_buffer_that_wraps_or_is_no_guest_memory_is_given_back_unused(ulong address, uint length)
    {
        Driver.Describe(0, address, length, 0);
        Driver.Offer(0);

        AssertGivenBack(0);
    }

    [Fact]
    public void A_buffer_into_a_hole_between_regions_is_given_back_unused()
    {
        var first = _bench.Ram.Regions[0] with { Size = 60 * GuestRam.PageSize };
        var second = first with { GuestAddress = first.GuestAddress + (61 * GuestRam.PageSize), UserAddress = 0, Size = GuestRam.PageSize };
        _bench.Ram.Regions = [first, second];
        using var memory = _bench.Ram.Share();
        _bench.Ring.Start(memory, Driver.Layout(memory), 0);
        Driver.Describe(0, GuestRam.GuestBase + (60 * GuestRam.PageSize) - 8, GuestRam.PageSize + 16, 0);
        Driver.Offer(0);

        AssertGivenBack(0);
        _bench.Ring.Stop();
    }

    [Fact]
    public void A_chain_longer_than_four_gigabytes_is_given_back_unused()
    {
        using var ram = new GuestRam(pages: (1 << 19) - 1);
        using var memory = ram.Share();
        var driver = new DriverRing(ram);
        _bench.Ring.Start(memory, driver.Layout(memory), 0);
        var most = new DriverBuffer(GuestRam.GuestBase, 0x7FFF_0000, 0);
        driver.OfferChain(most, most, most);

        Assert.False(_bench.Ring.TryPop(out _));

        Assert.True(driver.TryTakeUsed(out var head, out var written));
        Assert.Equal((0u, 0u), (head, written));
        _bench.Ring.Stop();
    }

    [Fact]
    public void A_bad_chain_between_good_ones_costs_only_itself()
    {
        var first = Driver.OfferChain(Driver.Readable([1]));
        var bad = Driver.OfferChain(new DriverBuffer(0, 1, 0));
        var last = Driver.OfferChain(Driver.Readable([3]));

        Assert.Equal(first, _bench.Pop().Head);
        Assert.False(_bench.Ring.TryPop(out _));
        _bench.Ring.PushUsed(first, 0);
        Assert.Equal(last, _bench.Pop().Head);
        _bench.Ring.PushUsed(last, 0);
        _bench.Ring.Publish();

        Assert.Equal([(first, 0u), (bad, 0u), (last, 0u)], _bench.TakeUsed());
        Assert.Equal(1, _bench.Ring.RejectedCount);
    }

    [Fact]
    public void Unpopping_never_brings_a_rejected_chain_back()
    {
        var first = Driver.OfferChain(Driver.Readable([1]));
        Driver.OfferChain(new DriverBuffer(0, 1, 0));
        _ = _bench.Pop();
        Assert.False(_bench.Ring.TryPop(out _));

        _bench.Ring.UnPop(1);

        Assert.Equal(first, _bench.Pop().Head);
        Assert.Equal(0, _bench.Ring.RejectedCount);
    }

    private void AssertBreaks()
    {
        Assert.False(_bench.Ring.TryPop(out _));

        Assert.Single(_bench.Breaks);
        Assert.True(_bench.Ring.IsBroken);
        Assert.False(_bench.Ring.IsRunning);
        Assert.False(_bench.Ring.TryPop(out _));
        Assert.False(_bench.Ring.EnableNotifications());
        Assert.Empty(_bench.TakeUsed());
        Assert.Single(_bench.Breaks);
    }

    private void AssertGivenBack(uint head)
    {
        Assert.False(_bench.Ring.TryPop(out _));

        Assert.Equal([(head, 0u)], _bench.TakeUsed());
        Assert.True(_bench.Ring.IsRunning);
        Assert.Equal(1, _bench.Ring.RejectedCount);
        Assert.Equal(1, _bench.Calls);
        Assert.Equal(0, _bench.Ring.Outstanding);
    }
}
