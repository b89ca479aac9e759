using CsCheck;
using VmTools.Unit.Virtio.Vsock.Packets;
using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Credit;
using Xunit;

namespace VmTools.Unit.Virtio.Vsock.Credit;

public sealed class ByteRingTests
{
    private const int Capacity = 16 * 1024;

    [Fact]
    public void Bytes_come_out_as_they_went_in_however_the_ring_wraps() =>
        Gen.Select(Gen.Int[1, 9000], Gen.Int[1, 9000]).Array[1, 60].Sample(steps =>
        {
            var ring = new ByteRing(new BufferBudget(1 << 20, 4), Capacity);
            var (written, read) = (0, 0);
            foreach (var (add, take) in steps)
            {
                var count = Math.Min(add, Capacity - ring.Count);
                var bytes = Enumerable.Range(written, count).Select(i => (byte)(i * 31)).ToArray();
                ring.TryAppend(new BytesPayload(bytes), 0);
                written += count;
                for (var left = take; left > 0 && !ring.IsEmpty;)
                {
                    var front = ring.Front[..Math.Min(left, ring.Front.Length)];
                    foreach (var value in front)
                    {
                        if (value != (byte)(read++ * 31))
                        {
                            return false;
                        }
                    }

                    left -= front.Length;
                    ring.Consume(front.Length);
                }
            }

            return ring.Count == written - read;
        });

    [Fact]
    public void Memory_is_lent_with_the_first_byte_and_returned_with_the_last()
    {
        var budget = new BufferBudget(1 << 20, 4);
        var ring = new ByteRing(budget, Capacity);
        Assert.Equal(0, budget.Lent);

        ring.TryAppend(new BytesPayload([1, 2, 3]), 1);
        Assert.Equal(Capacity, budget.Lent);
        ring.Consume(2);

        Assert.Equal(0, budget.Lent);
    }

    [Fact]
    public void The_promises_to_all_connections_together_stay_below_the_limit()
    {
        var limits = VsockLimits.Default;
        var budget = new BufferBudget(limits.BufferBytes, limits.Connections);
        var promises = Enumerable.Range(0, limits.Connections).Select(_ => budget.Promise()).ToList();

        Assert.True(budget.Promised <= limits.BufferBytes, $"{budget.Promised} bytes");
        Assert.Equal(256 * 1024, promises[0]);
        Assert.Equal(16 * 1024, promises[^1]);
        promises.ForEach(budget.Return);
        Assert.Equal(0, budget.Promised);
    }
}
