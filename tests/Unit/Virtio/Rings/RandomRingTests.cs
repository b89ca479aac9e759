using CsCheck;
using VmTools.Linux;
using VmTools.Unit.Virtio.Fakes;
using Xunit;

namespace VmTools.Unit.Virtio.Rings;

/// <summary>
/// The ring walker over memory that means nothing: it ends, stays inside guest memory, and gives out no more than a turn's worth.
/// </summary>
public sealed class RandomRingTests
{
    private static readonly Gen<DriverDescriptor> AnyDescriptor = Gen.Select(
        Gen.OneOf(Gen.ULong, Gen.ULong[GuestRam.GuestBase - 64, GuestRam.GuestBase + (64 * GuestRam.PageSize) + 64]),
        Gen.OneOf(Gen.UInt, Gen.UInt[0, 300], Gen.UInt[0, 20].Select(n => n * 16)),
        Gen.OneOf(Gen.Int[0, 7], Gen.Int[0, 65535]),
        Gen.OneOf(Gen.Int[0, 15], Gen.Int[0, 65535]),
        (address, length, flags, next) => new DriverDescriptor(address, length, flags, next));

    [Fact]
    public void Random_rings_are_walked_without_harm()
    {
        var gen = Gen.Select(
            AnyDescriptor.Array[16], AnyDescriptor.Array[64], Gen.UShort[0, 15].Array[16], Gen.OneOf(Gen.UShort[0, 16], Gen.UShort));

        using var ram = new GuestRam();
        gen.Sample((table, soup, heads, index) => Walk(ram, new Contents(table, soup, heads, index)), iter: 20_000, threads: 1);
    }

    private static void Walk(GuestRam ram, Contents contents)
    {
        ram.At(GuestRam.GuestBase, ram.Length).Clear();
        using var bench = new RingBench(ram: ram);
        var (table, soup, heads, index) = contents;
        var area = bench.Driver.Allocate(16 * soup.Length);
        for (var i = 0; i < soup.Length; i++)
        {
            var one = soup[i];
            DriverRing.WriteDescriptor(bench.Driver.At(area + (16UL * (ulong)i), 16), one.Address, one.Length, one.Flags, one.Next);
        }

        for (var i = 0; i < table.Length; i++)
        {
            // Half of the indirect tables are found in the soup, so that their inside is walked too.
            var isIndirect = (table[i].Flags & DriverRing.Indirect) != 0 && i % 2 == 0;
            bench.Driver.Describe(i, isIndirect ? area : table[i].Address, table[i].Length, table[i].Flags, table[i].Next);
            bench.Driver.Entry(i) = heads[i];
        }

        bench.Driver.AvailableIndex = index;
        AssertDrains(bench);
    }

    private static void AssertDrains(RingBench bench)
    {
        var vectors = new IoVector[64];
        var header = new byte[44];
        var popped = 0;
        while (bench.Ring.TryPop(out var chain))
        {
            popped++;
            _ = chain.TryCopyOut(0, header);
            _ = chain.TryCopyIn(0, header);
            _ = chain.GetReadable(0, uint.MaxValue, vectors);
            _ = chain.GetWritable(0, uint.MaxValue, vectors);
            bench.Ring.PushUsed(chain.Head, 0);
        }

        bench.Ring.Publish();
        Assert.InRange(popped + bench.Ring.RejectedCount, 0, 16);
        Assert.InRange(bench.Breaks.Count, 0, 1);
    }

    private sealed record Contents(DriverDescriptor[] Table, DriverDescriptor[] Soup, ushort[] Heads, ushort Index);

    private readonly record struct DriverDescriptor(ulong Address, uint Length, int Flags, int Next);
}
