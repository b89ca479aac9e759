using System.Buffers.Binary;
using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.Rings;
using Xunit;

namespace VmTools.Unit.Virtio.Rings;

/// <summary>
/// A guest thread that changes memory while the device reads it. Cloud-hypervisor checked a header's length in guest memory and read it
/// again afterwards; here whatever was judged is a copy.
/// </summary>
public sealed class ChangingMemoryTests
{
    private const int Rounds = 20_000;
    private const int LengthOffset = 24;

    [Fact]
    public void A_header_whose_length_flips_during_the_parse_is_judged_by_one_copy()
    {
        using var bench = new RingBench(new RingRules(RingDirection.DeviceReads, 44));
        var packet = bench.Driver.Readable(new byte[44 + 100]);

        WhileFlipping(bench, packet.Address + LengthOffset, 100, 0xFFFF_FFFF, () =>
        {
            bench.Driver.OfferChain(packet);
            var chain = bench.Pop();
            var header = new byte[44];
            Assert.True(chain.TryCopyOut(0, header));
            var length = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(LengthOffset));
            Assert.Contains(length, (uint[])[0, 100, 0xFFFF_FFFF]);
            bench.Ring.PushUsed(chain.Head, 0);
            bench.Ring.Publish();
            bench.Ring.Refill();
        });
    }

    [Fact]
    public void A_descriptor_whose_length_flips_gives_a_chain_that_is_good_or_none()
    {
        using var bench = new RingBench(new RingRules(RingDirection.DeviceReads, 44));
        var buffer = bench.Driver.Readable(new byte[100]);
        bench.Driver.Describe(0, buffer.Address, 100, 0);
        var table = GuestRam.GuestBase + GuestRam.PageSize;

        WhileFlipping(bench, table + 8, 100, 0xFFFF_FFFF, () =>
        {
            bench.Driver.Offer(0);
            if (bench.Ring.TryPop(out var chain))
            {
                Assert.Equal(100u, chain.ReadableLength);
                Assert.True(chain.TryCopyOut(0, new byte[100]));
                bench.Ring.PushUsed(chain.Head, 0);
            }

            bench.Ring.Publish();
            bench.Ring.Refill();
        });
    }

    private static void WhileFlipping(RingBench bench, ulong place, uint one, uint other, Action round)
    {
        using var stop = new CancellationTokenSource();
        var guest = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bench.Driver.At(place, 4), one);
                BinaryPrimitives.WriteUInt32LittleEndian(bench.Driver.At(place, 4), other);
            }
        });

        try
        {
            for (var i = 0; i < Rounds; i++)
            {
                round();
            }
        }
        finally
        {
            // The memory goes with the bench; nobody may write to it then.
            stop.Cancel();
            guest.Wait();
        }

        Assert.Empty(bench.Breaks);
    }
}
