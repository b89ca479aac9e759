using System.Buffers.Binary;
using VmTools.Virtio.Memory;

namespace VmTools.Virtio.Rings;

/// <summary>
/// The device's side of one split virtqueue (virtio 1.2, section 2.7): takes chains from the available ring, gives them back through
/// the used ring, and keeps both sides' notifications to what is needed. Belongs to the device thread.
/// </summary>
/// <remarks>
/// The order of memory accesses is what makes it work beside a running guest: the available index is read with acquire before the
/// entries it announces; used elements are written before the used index is stored with release; and between writing one's own index
/// and reading the other side's wish for notification stands a full fence, on both directions, or a wake-up is lost for good.
/// </remarks>
public sealed class SplitRing(IRingOwner owner, RingRules rules)
{
    private readonly SegmentArena _arena = new();
    private RingLayout? _layout;
    private ChainWalker? _walker;
    private int _outstanding;
    private int _budget;
    private bool _awaitsRefill;
    private bool _calledSinceStart;
    private ushort _seenAvailable;
    private ushort _nextUsed;
    private ushort _publishedUsed;

    /// <summary>Entries of the ring while it runs; 0 otherwise.</summary>
    public ushort Size => _layout?.Size ?? 0;

    /// <summary>The ring is started, enabled, found in guest memory and not broken; otherwise every operation does nothing.</summary>
    public bool IsRunning => _layout is not null && !IsBroken;

    public bool IsBroken { get; private set; }

    /// <summary>The next available entry to take: what a front end asks for when it stops the ring, and gives back to resume it.</summary>
    public ushort NextAvailable { get; private set; }

    /// <summary>Chains given back unused because they broke a rule.</summary>
    public long RejectedCount { get; private set; }

    /// <summary>Chains taken and not given back yet.</summary>
    public int Outstanding => _outstanding;

    /// <summary>How many chains the driver offers; reads guest memory.</summary>
    public int AvailableCount => HasAvailable(refresh: true) ? (ushort)(_seenAvailable - NextAvailable) : 0;

    /// <summary>The driver's index as it stands now, unchecked; it stays 0 when guest memory is not really shared.</summary>
    internal ushort DriverIndex => IsRunning ? Load(_layout!.Available, RingLayout.IndexOffset) : (ushort)0;

    /// <summary>Begins at <paramref name="nextAvailable"/>; the used position is read from guest memory, no front end sends it.</summary>
    public void Start(GuestMemory memory, RingLayout layout, ushort nextAvailable)
    {
        _layout = layout;
        _walker = new ChainWalker(memory, layout, rules, _arena);
        _arena.Rewind(0);
        _outstanding = 0;
        IsBroken = false;
        NextAvailable = nextAvailable;
        _seenAvailable = nextAvailable;
        _nextUsed = GuestMemory.LoadAcquire(layout.Used, RingLayout.IndexOffset);
        _publishedUsed = _nextUsed;

        // used_event may be left from before the stop, so the first batch always calls.
        _calledSinceStart = false;
        Refill();

        // What the last device left here may say "no kicks".
        EnableNotifications();
    }

    /// <summary>
    /// Gives back unused what the device holds and lets go of guest memory; <see cref="NextAvailable"/> is where to go on.
    /// </summary>
    public void Stop()
    {
        if (IsRunning)
        {
            UnPop(_outstanding);
            Publish();
        }

        _layout = null;
        _walker = null;
        _outstanding = 0;
        _arena.Rewind(0);
    }

    /// <summary>Allows another round of chains: at most one ring size a turn, so that no driver can hold the loop.</summary>
    public void Refill()
    {
        _budget = Size;
        _awaitsRefill = false;
    }

    /// <summary>
    /// Takes the next chain, copied and checked as a whole. False: nothing there, no room beside the chains already out, or the turn's
    /// budget is spent; in each case give back what is out, then ask <see cref="EnableNotifications"/> whether to go on.
    /// Chains that break a rule are given back unused here and never seen by the caller.
    /// </summary>
    public bool TryPop(out DescriptorChain chain)
    {
        chain = default;
        var rejected = false;
        while (HasAvailable(refresh: false) && TrySpend())
        {
            var result = Look(out var head);
            if (result == WalkResult.Good)
            {
                chain = new DescriptorChain(head, _arena, _walker!);
                NextAvailable++;
                _outstanding++;
                return true;
            }

            if (result == WalkResult.Broken)
            {
                return false;
            }

            if (_outstanding > 0)
            {
                // Giving it back now would break the order that un-popping relies on; and with the arena to itself it may fit.
                _budget++;
                break;
            }

            NextAvailable++;
            RejectedCount++;
            PutUsed(head, 0);
            rejected = true;
        }

        if (rejected)
        {
            Publish();
        }

        return false;
    }

    /// <summary>Gives the last <paramref name="count"/> chains back to the front of the queue, as if never taken.</summary>
    public void UnPop(int count)
    {
        if (!IsRunning)
        {
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _outstanding);
        NextAvailable = (ushort)(NextAvailable - count);
        _budget += count;
        Release(count);
    }

    /// <summary>Marks a taken chain as used; the guest sees it after <see cref="Publish"/>.</summary>
    /// <param name="head">The chain's head.</param>
    /// <param name="written">Bytes written into its writable part; 0 for a chain that was only read.</param>
    public void PushUsed(ushort head, uint written)
    {
        if (!IsRunning)
        {
            return;
        }

        if (_outstanding == 0)
        {
            throw new InvalidOperationException($"Chain {head} was given back to a ring that has none out.");
        }

        PutUsed(head, written);
        Release(1);
    }

    /// <summary>Shows the guest everything pushed since the last time, and calls it when its suppression allows.</summary>
    public void Publish()
    {
        if (!IsRunning || _nextUsed == _publishedUsed)
        {
            return;
        }

        var layout = _layout!;
        GuestMemory.StoreRelease(layout.Used, RingLayout.IndexOffset, _nextUsed);
        var before = _publishedUsed;
        _publishedUsed = _nextUsed;

        // The driver writes its wish, then reads our index; we do it the other way round. Without the fence both may miss.
        Interlocked.MemoryBarrier();
        if (WantsCall(layout, before) || !_calledSinceStart)
        {
            _calledSinceStart = true;
            owner.Call();
        }
    }

    /// <summary>
    /// Asks for a kick at the next chain. True: chains arrived meanwhile, drain again. False: a kick, or the turn after a spent budget,
    /// will come. A device that stops taking chains to wait for more calls this first, or is never woken.
    /// </summary>
    public bool EnableNotifications()
    {
        if (!IsRunning || _awaitsRefill)
        {
            return false;
        }

        var layout = _layout!;
        if (layout.EventIndex)
        {
            GuestMemory.StoreRelease(layout.Used, layout.AvailableEventOffset, NextAvailable);
        }
        else
        {
            GuestMemory.StoreRelease(layout.Used, RingLayout.FlagsOffset, 0);
        }

        Interlocked.MemoryBarrier();
        return HasAvailable(refresh: true);
    }

    /// <summary>
    /// Asks the driver for no kicks while the device drains; a hint only. With the event index, not moving it does the same.
    /// </summary>
    public void DisableNotifications()
    {
        if (IsRunning && !_layout!.EventIndex)
        {
            GuestMemory.StoreRelease(_layout.Used, RingLayout.FlagsOffset, RingLayout.NoNotification);
        }
    }

    private static ushort Load(RingArea area, int offset) => GuestMemory.LoadAcquire(area, offset);

    private bool WantsCall(RingLayout layout, ushort before)
    {
        if (!layout.EventIndex)
        {
            return (Load(layout.Available, RingLayout.FlagsOffset) & RingLayout.NoNotification) == 0;
        }

        var wanted = Load(layout.Available, layout.UsedEventOffset);
        return (ushort)(_publishedUsed - wanted - 1) < (ushort)(_publishedUsed - before);
    }

    private bool HasAvailable(bool refresh)
    {
        if (!IsRunning)
        {
            return false;
        }

        if (!refresh && _seenAvailable != NextAvailable)
        {
            return true;
        }

        var index = Load(_layout!.Available, RingLayout.IndexOffset);
        if ((ushort)(index - NextAvailable) > _layout.Size)
        {
            Break($"its available index {index} is more than the ring's {_layout.Size} entries past {NextAvailable}");
            return false;
        }

        _seenAvailable = index;
        return index != NextAvailable;
    }

    private bool TrySpend()
    {
        if (_budget > 0)
        {
            _budget--;
            return true;
        }

        if (!_awaitsRefill)
        {
            _awaitsRefill = true;
            owner.BudgetSpent();
        }

        return false;
    }

    private WalkResult Look(out ushort head)
    {
        head = Load(_layout!.Available, _layout.AvailableEntryOffset(NextAvailable));
        var result = _walker!.Walk(head);
        if (result == WalkResult.Broken)
        {
            Break($"the chain at {head} leaves its table or never ends");
        }

        return result;
    }

    private void PutUsed(ushort head, uint written)
    {
        Span<byte> element = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(element, head);
        BinaryPrimitives.WriteUInt32LittleEndian(element[4..], written);
        GuestMemory.WriteArea(_layout!.Used, _layout.UsedEntryOffset(_nextUsed), element);
        _nextUsed++;
    }

    private void Release(int count)
    {
        _outstanding -= count;
        if (_outstanding == 0)
        {
            _arena.Rewind(0);
        }
    }

    private void Break(string reason)
    {
        IsBroken = true;
        owner.Broken(reason);
    }
}
