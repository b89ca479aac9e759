using VmTools.Virtio.Memory;
using VmTools.Virtio.Rings;
using Xunit;

namespace VmTools.Unit.Virtio.Fakes;

/// <summary>A driver ring and a device ring over the same memory, with what the device ring asked of its owner.</summary>
internal sealed class RingBench : IRingOwner, IDisposable
{
    private readonly bool _ownsRam;

    /// <summary>Memory that is given must be all zero, and stays its owner's; else the bench has its own.</summary>
    public RingBench(
        RingRules? rules = null, ushort size = 16, bool eventIndex = true, bool indirect = true, int pages = 64, GuestRam? ram = null)
    {
        _ownsRam = ram is null;
        Ram = ram ?? new GuestRam(pages);
        Memory = Ram.Share();
        Driver = new DriverRing(Ram, size, eventIndex, pages: pages - 2);
        Ring = new SplitRing(this, rules ?? new RingRules(RingDirection.Both, 0));
        Ring.Start(Memory, Driver.Layout(Memory, indirect), 0);
    }

    public GuestRam Ram { get; }

    public GuestMemory Memory { get; }

    public DriverRing Driver { get; }

    public SplitRing Ring { get; }

    public int Calls { get; private set; }

    public int BudgetsSpent { get; private set; }

    public List<string> Breaks { get; } = [];

    public void Call() => Calls++;

    public void Broken(string reason) => Breaks.Add(reason);

    public void BudgetSpent() => BudgetsSpent++;

    /// <summary>Pops the only chain there is.</summary>
    public DescriptorChain Pop()
    {
        Assert.True(Ring.TryPop(out var chain));
        return chain;
    }

    public List<(uint Head, uint Written)> TakeUsed()
    {
        var all = new List<(uint, uint)>();
        while (Driver.TryTakeUsed(out var head, out var written))
        {
            all.Add((head, written));
        }

        return all;
    }

    public void Dispose()
    {
        Ring.Stop();
        Memory.Dispose();
        if (_ownsRam)
        {
            Ram.Dispose();
        }
    }
}
