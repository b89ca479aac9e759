using VmTools.Unit.Virtio.Fakes;
using Xunit;

namespace VmTools.Unit.Virtio.Rings;

/// <summary>
/// Both sides write their own index and read the other's wish at the same moment, again and again. Without a full fence in between a
/// processor may do the read first, and both conclude that nobody needs waking.
/// </summary>
public sealed class RingFenceTests
{
    private const int Rounds = 300_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(500);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Asking_for_a_kick_while_a_chain_is_offered_is_noticed_by_one_side(bool eventIndex)
    {
        using var bench = new RingBench(eventIndex: eventIndex);
        bench.Driver.Describe(0, bench.Driver.Allocate(1), 1, 0);
        var wantsKick = false;

        var lost = Race(
            () => wantsKick = bench.Driver.Offer(0),
            () => bench.Ring.DisableNotifications(),
            () => bench.Ring.EnableNotifications(),
            saw =>
            {
                Serve(bench);
                return wantsKick || saw;
            });

        Assert.Equal(0, lost);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Publishing_while_the_driver_goes_to_sleep_is_noticed_by_one_side(bool eventIndex)
    {
        using var bench = new RingBench(eventIndex: eventIndex);
        bench.Driver.Describe(0, bench.Driver.Allocate(1), 1, 0);
        var driverSaw = false;

        var lost = Race(
            () => driverSaw = GoToSleep(bench.Driver),
            () => TakeWithoutPublishing(bench),
            () => Published(bench),
            called => driverSaw || called);

        Assert.Equal(0, lost);
    }

    /// <summary>
    /// Rounds in which both sides act at once; counts those nobody noticed. The device's thread prepares and judges each round alone.
    /// </summary>
    private static int Race(Action driver, Action prepare, Func<bool> device, Func<bool, bool> noticed)
    {
        var meeting = new Meeting();
        var jitter = new Random(1);
        using var limit = new CancellationTokenSource(Limit);
        var other = new Thread(() =>
        {
            var otherJitter = new Random(2);
            for (meeting.Meet(); !meeting.IsOver; meeting.Meet())
            {
                Wait(otherJitter.Next(100));
                driver();
                meeting.Meet();
            }
        });
        other.Start();

        var lost = 0;
        for (var round = 0; round < Rounds && !limit.IsCancellationRequested; round++)
        {
            prepare();
            var wait = jitter.Next(100);
            meeting.Meet();
            Wait(wait);
            var saw = device();
            meeting.Meet();
            lost += noticed(saw) ? 0 : 1;
        }

        meeting.IsOver = true;
        meeting.Meet();
        other.Join();
        return lost;
    }

    private static int Wait(int steps)
    {
        var sum = 0;
        for (var i = 0; i < steps; i++)
        {
            sum += i;
        }

        return sum;
    }

    private static void Serve(RingBench bench)
    {
        bench.Ring.Refill();
        while (bench.Ring.TryPop(out var chain))
        {
            bench.Ring.PushUsed(chain.Head, 0);
        }

        bench.Ring.Publish();
    }

    private static void TakeWithoutPublishing(RingBench bench)
    {
        // Asleep is the driver only after it asked; until then it wants no call.
        bench.Driver.AvailableFlags = 1;
        bench.Driver.UsedEvent = (ushort)(bench.Driver.UsedIndex + 30000);
        bench.Driver.Offer(0);
        bench.Ring.Refill();
        bench.Ring.PushUsed(bench.Pop().Head, 0);
    }

    private static bool Published(RingBench bench)
    {
        var before = bench.Calls;
        bench.Ring.Publish();
        return bench.Calls > before;
    }

    /// <summary>True when the driver, having asked to be called, finds that it need not sleep.</summary>
    private static bool GoToSleep(DriverRing driver)
    {
        var seen = (ushort)(driver.AvailableIndex - 1);
        driver.AvailableFlags = 0;
        driver.UsedEvent = seen;
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref driver.UsedIndex) != seen;
    }

    /// <summary>Lets two threads go on at the same moment, as nearly as two processors can.</summary>
    private sealed class Meeting
    {
        private int _arrived;

        public volatile bool IsOver;

        public void Meet()
        {
            var mine = Interlocked.Increment(ref _arrived);
            var together = mine + (mine & 1);
            for (var spin = 0; Volatile.Read(ref _arrived) < together; spin++)
            {
                if (spin > 2000)
                {
                    Thread.Yield();
                }
            }
        }
    }
}
