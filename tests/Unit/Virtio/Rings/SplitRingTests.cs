using VmTools.Linux;
using VmTools.Unit.Virtio.Fakes;
using Xunit;

namespace VmTools.Unit.Virtio.Rings;

public sealed class SplitRingTests : IDisposable
{
    private readonly RingBench _bench = new();

    private DriverRing Driver => _bench.Driver;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void An_offered_chain_is_popped_with_its_bytes()
    {
        var head = Driver.OfferChain(Driver.Readable([1, 2, 3]), Driver.Writable(10));

        var chain = _bench.Pop();

        var copy = new byte[3];
        Assert.Equal(head, chain.Head);
        Assert.Equal(3u, chain.ReadableLength);
        Assert.Equal(10u, chain.WritableLength);
        Assert.True(chain.TryCopyOut(0, copy));
        Assert.Equal([1, 2, 3], copy);
    }

    [Fact]
    public void A_pushed_chain_reaches_the_driver_with_its_length_after_publishing()
    {
        var buffer = Driver.Writable(8);
        Driver.OfferChain(buffer);
        var chain = _bench.Pop();
        chain.TryCopyIn(2, [4, 5]);

        _bench.Ring.PushUsed(chain.Head, 4);
        Assert.Empty(_bench.TakeUsed());
        _bench.Ring.Publish();

        Assert.Equal([(chain.Head, 4u)], _bench.TakeUsed());
        Assert.Equal([0, 0, 4, 5], Driver.At(buffer.Address, 4).ToArray());
    }

    [Fact]
    public void A_copy_beyond_the_end_of_a_chain_is_refused()
    {
        Driver.OfferChain(Driver.Readable([1, 2, 3]), Driver.Writable(3));
        var chain = _bench.Pop();

        Assert.False(chain.TryCopyOut(1, new byte[3]));
        Assert.False(chain.TryCopyOut(uint.MaxValue, new byte[2]));
        Assert.False(chain.TryCopyIn(4, []));
        Assert.False(chain.TryCopyIn(0, new byte[4]));
    }

    [Fact]
    public void Vectors_cover_the_asked_bytes_over_buffers()
    {
        Driver.OfferChain(Driver.Readable(new byte[5]), Driver.Readable(new byte[7]), Driver.Readable(new byte[9]));
        var chain = _bench.Pop();
        var vectors = new IoVector[4];

        var count = chain.GetReadable(3, 10, vectors);

        Assert.Equal([2, 7, 1], vectors[..count].Select(vector => (int)vector.Length));
    }

    [Fact]
    public void Vectors_stop_where_the_callers_room_ends()
    {
        Driver.OfferChain(Driver.Writable(5), Driver.Writable(7), Driver.Writable(9));
        var chain = _bench.Pop();
        var vectors = new IoVector[2];

        Assert.Equal(2, chain.GetWritable(0, uint.MaxValue, vectors));
        Assert.Equal(0, chain.GetReadable(0, 1, vectors));
    }

    [Fact]
    public void An_unpopped_chain_comes_again_first()
    {
        var first = Driver.OfferChain(Driver.Readable([1]));
        var second = Driver.OfferChain(Driver.Readable([2]));
        var third = Driver.OfferChain(Driver.Readable([3]));
        _bench.Ring.PushUsed(_bench.Pop().Head, 0);
        _ = _bench.Pop();
        _ = _bench.Pop();

        _bench.Ring.UnPop(2);

        Assert.Equal(1, _bench.Ring.NextAvailable);
        Assert.Equal(second, _bench.Pop().Head);
        Assert.Equal(third, _bench.Pop().Head);
        _bench.Ring.Publish();
        Assert.Equal([(first, 0u)], _bench.TakeUsed());
    }

    [Fact]
    public void Stopping_gives_back_what_is_out_and_publishes_what_was_pushed()
    {
        var head = Driver.OfferChain(Driver.Readable([1]));
        Driver.OfferChain(Driver.Readable([2]));
        _bench.Ring.PushUsed(_bench.Pop().Head, 0);
        _ = _bench.Pop();

        _bench.Ring.Stop();

        Assert.Equal(1, _bench.Ring.NextAvailable);
        Assert.Equal([(head, 0u)], _bench.TakeUsed());
        Assert.False(_bench.Ring.IsRunning);
    }

    [Fact]
    public void A_stopped_ring_does_nothing()
    {
        Driver.OfferChain(Driver.Readable([1]));
        var chain = _bench.Pop();
        _bench.Ring.Stop();

        _bench.Ring.PushUsed(chain.Head, 0);
        _bench.Ring.Publish();

        Assert.False(_bench.Ring.TryPop(out _));
        Assert.False(_bench.Ring.EnableNotifications());
        Assert.Equal(0, _bench.Ring.AvailableCount);
        Assert.Equal(0, Driver.UsedIndex);
    }

    [Fact]
    public void A_chain_given_back_twice_is_a_bug()
    {
        Driver.OfferChain(Driver.Readable([1]));
        var chain = _bench.Pop();
        _bench.Ring.PushUsed(chain.Head, 0);

        Assert.Throws<InvalidOperationException>(() => _bench.Ring.PushUsed(chain.Head, 0));
    }

    [Fact]
    public void Indices_run_over_sixteen_bits()
    {
        Driver.AvailableIndex = 65530;
        Driver.UsedIndex = 65530;
        _bench.Ring.Start(_bench.Memory, Driver.Layout(_bench.Memory), 65530);

        for (var i = 0; i < 20; i++)
        {
            Driver.OfferChain(Driver.Readable([(byte)i]));
            _bench.Ring.PushUsed(_bench.Pop().Head, 0);
            _bench.Ring.Publish();
            _bench.Ring.Refill();
        }

        Assert.Equal(14, Driver.UsedIndex);
        Assert.Equal(14, _bench.Ring.NextAvailable);
        Assert.Empty(_bench.Breaks);
    }

    [Fact]
    public void The_used_position_is_read_from_memory_at_the_start()
    {
        Driver.AvailableIndex = 7;
        Driver.UsedIndex = 7;

        _bench.Ring.Start(_bench.Memory, Driver.Layout(_bench.Memory), 7);
        Driver.OfferChain(Driver.Readable([1]));
        _bench.Ring.PushUsed(_bench.Pop().Head, 0);
        _bench.Ring.Publish();

        Assert.Equal(8, Driver.UsedIndex);
    }

    [Fact]
    public void A_chain_without_room_beside_those_out_comes_when_they_are_back()
    {
        using var bench = new RingBench(pages: 64);
        var table = bench.Driver.StoreTable([.. Enumerable.Repeat(bench.Driver.Readable([1]), 1024)]);
        for (var i = 0; i < 3; i++)
        {
            bench.Driver.Describe(i, table, 1024 * 16, DriverRing.Indirect);
            bench.Driver.Offer(i);
        }

        _ = bench.Pop();
        _ = bench.Pop();
        Assert.False(bench.Ring.TryPop(out _));
        bench.Ring.PushUsed(0, 0);
        bench.Ring.PushUsed(1, 0);

        Assert.True(bench.Ring.EnableNotifications());
        Assert.Equal(2, bench.Pop().Head);
        Assert.Equal(0, bench.Ring.RejectedCount);
    }

    [Fact]
    public void Available_chains_are_counted()
    {
        Driver.OfferChain(Driver.Readable([1]));
        Driver.OfferChain(Driver.Readable([1]));
        _ = _bench.Pop();

        Assert.Equal(1, _bench.Ring.AvailableCount);
    }
}
