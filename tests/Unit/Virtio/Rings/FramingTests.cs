using VmTools.Linux;
using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.Rings;
using Xunit;

namespace VmTools.Unit.Virtio.Rings;

/// <summary>
/// A driver may cut a packet into buffers as it likes: header and data together or apart, the header itself split, all of it direct,
/// indirect or mixed. Devices that assumed one framing lost packets when kernels changed theirs.
/// </summary>
public sealed class FramingTests
{
    private const int Header = 44;
    private const int PacketLength = Header + 100;

    public static TheoryData<int, string> Framings()
    {
        var rows = new TheoryData<int, string>();
        foreach (var shape in new[] { "direct", "indirect", "mixed" })
        {
            for (var count = 1; count <= 18; count++)
            {
                rows.Add(count, shape);
            }
        }

        return rows;
    }

    public static TheoryData<int> HeaderSplits() => [.. Enumerable.Range(1, Header - 1)];

    [Theory]
    [MemberData(nameof(Framings))]
    public void A_packet_of_one_to_eighteen_descriptors_is_read_whole(int count, string shape)
    {
        using var bench = new RingBench(new RingRules(RingDirection.DeviceReads, Header), size: 32);
        var packet = Packet();
        var pieces = Cut(packet, count).Select(piece => bench.Driver.Readable(piece)).ToArray();

        var head = Offer(bench.Driver, pieces, shape);

        AssertReads(bench, head, packet);
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public void A_packet_is_written_into_one_to_eighteen_descriptors(int count, string shape)
    {
        using var bench = new RingBench(new RingRules(RingDirection.DeviceWrites, Header), size: 32);
        var packet = Packet();
        var pieces = Cut(packet, count).Select(piece => bench.Driver.Writable(piece.Length)).ToArray();
        Offer(bench.Driver, pieces, shape);

        var chain = bench.Pop();
        Assert.True(chain.TryCopyIn(0, packet.AsSpan(0, Header)));
        Assert.True(chain.TryCopyIn(Header, packet.AsSpan(Header)));

        Assert.Equal(packet, pieces.SelectMany(piece => bench.Driver.At(piece.Address, (int)piece.Length).ToArray()));
    }

    [Theory]
    [MemberData(nameof(HeaderSplits))]
    public void A_header_split_at_any_byte_is_read_whole(int split)
    {
        using var bench = new RingBench(new RingRules(RingDirection.DeviceReads, Header));
        var packet = Packet();

        var head = bench.Driver.OfferChain(bench.Driver.Readable(packet.AsSpan(0, split)), bench.Driver.Readable(packet.AsSpan(split)));

        AssertReads(bench, head, packet);
    }

    [Theory]
    [MemberData(nameof(HeaderSplits))]
    public void An_indirect_header_split_at_any_byte_is_read_whole(int split)
    {
        using var bench = new RingBench(new RingRules(RingDirection.DeviceReads, Header));
        var packet = Packet();

        var head = bench.Driver.OfferIndirect(
            [], bench.Driver.Readable(packet.AsSpan(0, split)), bench.Driver.Readable(packet.AsSpan(split)));

        AssertReads(bench, head, packet);
    }

    [Fact]
    public void Empty_buffers_between_full_ones_are_passed_over()
    {
        using var bench = new RingBench(new RingRules(RingDirection.DeviceReads, Header));
        var packet = Packet();
        var empty = new DriverBuffer(0, 0, 0);

        var head = bench.Driver.OfferChain(
            empty, bench.Driver.Readable(packet.AsSpan(0, 20)), empty, bench.Driver.Readable(packet.AsSpan(20)), empty);

        AssertReads(bench, head, packet);
    }

    [Fact]
    public void The_write_flag_of_an_indirect_descriptor_means_nothing()
    {
        using var bench = new RingBench(new RingRules(RingDirection.DeviceReads, Header));
        var packet = Packet();
        var table = bench.Driver.StoreTable([bench.Driver.Readable(packet)]);
        bench.Driver.Describe(0, table, 16, DriverRing.Indirect | DriverRing.Write);

        bench.Driver.Offer(0);

        AssertReads(bench, 0, packet);
    }

    private static ushort Offer(DriverRing driver, DriverBuffer[] pieces, string shape) => shape switch
    {
        "direct" => driver.OfferChain(pieces),
        "indirect" => driver.OfferIndirect([], pieces),
        _ => driver.OfferIndirect(pieces.AsSpan(0, pieces.Length / 2), pieces.AsSpan(pieces.Length / 2)),
    };

    private static void AssertReads(RingBench bench, ushort head, byte[] packet)
    {
        var chain = bench.Pop();
        var header = new byte[Header];
        var data = new byte[packet.Length - Header];
        var vectors = new IoVector[32];

        Assert.Equal(head, chain.Head);
        Assert.True(chain.TryCopyOut(0, header));
        Assert.True(chain.TryCopyOut(Header, data));
        Assert.Equal(packet, header.Concat(data));
        var count = chain.GetReadable(Header, uint.MaxValue, vectors);
        Assert.Equal(data.Length, vectors[..count].Sum(vector => (int)vector.Length));
    }

    private static byte[] Packet() => [.. Enumerable.Range(0, PacketLength).Select(i => (byte)(i * 7))];

    private static IEnumerable<byte[]> Cut(byte[] bytes, int count) =>
        Enumerable.Range(0, count).Select(i => bytes[(bytes.Length * i / count)..(bytes.Length * (i + 1) / count)]);
}
