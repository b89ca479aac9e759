using VmTools.Virtio.Rings;
using VmTools.Virtio.VhostUser;

namespace VmTools.Unit.Virtio.Fakes;

/// <summary>A device of three queues (rx, tx, event) that notes what it is told and gives every tx chain straight back.</summary>
internal sealed class RecordingDevice : IVhostUserDevice
{
    public const int Rx = 0;
    public const int Tx = 1;
    public const int Event = 2;

    private readonly SplitRing?[] _rings = new SplitRing?[3];

    public VirtioFeatures Features { get; init; } = VirtioFeatures.Offered;

    public int QueueCount => _rings.Length;

    public ReadOnlySpan<byte> Config => [43, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Starts, stops and the rest in their order; kicks are counted apart.</summary>
    public List<string> Events { get; } = [];

    public int[] Kicks { get; } = new int[3];

    /// <summary>Tx chains served, as their lengths.</summary>
    public List<uint> Served { get; } = [];

    /// <summary>Chains to take from rx at a kick and to keep until told to give them back.</summary>
    public int HoldRx { get; init; }

    public RingRules RulesOf(int queue) => queue switch
    {
        Rx => new RingRules(RingDirection.DeviceWrites, 44),
        Tx => new RingRules(RingDirection.DeviceReads, 44),
        _ => new RingRules(RingDirection.DeviceWrites, 4),
    };

    public void QueueStarted(int queue, SplitRing ring, bool resumed)
    {
        _rings[queue] = ring;
        Events.Add($"{(resumed ? "resumed" : "started")} {queue}");
    }

    public void QueueKicked(int queue)
    {
        Kicks[queue]++;
        var ring = _rings[queue]!;
        if (queue == Tx)
        {
            Serve(ring);
        }
        else if (queue == Rx && HoldRx > 0)
        {
            for (var i = 0; i < HoldRx && ring.TryPop(out _); i++)
            {
            }
        }
    }

    public void QueueStopping(int queue) => Events.Add($"stopped {queue}");

    public void QueueBroken(int queue) => Events.Add($"broken {queue}");

    public void DriverReset() => Events.Add("reset");

    public void GuestMemoryNotShared() => Events.Add("not shared");

    public void FrontEndGone() => Events.Add("gone");

    private void Serve(SplitRing ring)
    {
        do
        {
            while (ring.TryPop(out var chain))
            {
                Served.Add(chain.ReadableLength);
                ring.PushUsed(chain.Head, 0);
            }

            ring.Publish();
        }
        while (ring.EnableNotifications());
    }
}
