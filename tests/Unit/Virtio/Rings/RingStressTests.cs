using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.Rings;
using Xunit;

namespace VmTools.Unit.Virtio.Rings;

/// <summary>A real driver thread and a real device thread on one ring, each asleep whenever it has nothing to do.</summary>
public sealed class RingStressTests
{
    private const int Entries = 1_000_000;

    /// <summary>On a busy machine the million is cut short here; what was offered must still all come back.</summary>
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Up_to_a_million_entries_between_two_threads_lose_no_wake_up(bool eventIndex)
    {
        using var cancel = new CancellationTokenSource(Limit);
        using var pair = new Pair(eventIndex);

        var device = Task.Factory.StartNew(() => pair.RunDevice(cancel.Token), TaskCreationOptions.LongRunning);
        var driver = Task.Factory.StartNew(() => pair.RunDriver(cancel.Token), TaskCreationOptions.LongRunning);
        await Task.WhenAll(device, driver);

        Assert.Equal(pair.Offered, pair.Served);
        Assert.InRange(pair.Served, 1, Entries);
    }

    private sealed class Pair : IRingOwner, IDisposable
    {
        private readonly GuestRam _ram = new();
        private readonly VmTools.Virtio.Memory.GuestMemory _memory;
        private readonly DriverRing _driver;
        private readonly SplitRing _ring;
        private readonly SemaphoreSlim _kick = new(0);
        private readonly SemaphoreSlim _call = new(0);
        private int _offered = Entries;
        private bool _budgetSpent;

        public Pair(bool eventIndex)
        {
            _memory = _ram.Share();
            _driver = new DriverRing(_ram, 64, eventIndex);
            _ring = new SplitRing(this, new RingRules(RingDirection.DeviceReads, 1));
            _ring.Start(_memory, _driver.Layout(_memory), 0);
            _driver.Describe(0, _driver.Allocate(16), 16, 0);
        }

        public int Served { get; private set; }

        /// <summary>Written last by the driver, when it offers no more.</summary>
        public int Offered => Volatile.Read(ref _offered);

        public void RunDevice(CancellationToken cancel)
        {
            while (Served < Offered)
            {
                _ring.Refill();
                _ring.DisableNotifications();
                Drain();
                if (!_ring.EnableNotifications() && Served < Offered && !_budgetSpent)
                {
                    _kick.Wait(cancel);
                }

                _budgetSpent = false;
            }
        }

        public void RunDriver(CancellationToken cancel)
        {
            // Mostly one entry at a time and a short spin: that is when one side falls asleep while the other adds.
            var random = new Random(42);
            var offered = 0;
            var taken = 0;
            var total = Entries;
            var clock = System.Diagnostics.Stopwatch.StartNew();
            while (taken < total)
            {
                if (total == Entries && clock.Elapsed > Enough)
                {
                    total = offered;
                    Volatile.Write(ref _offered, total);
                }

                var most = random.Next(8) == 0 ? 64 : 2;
                for (var batch = random.Next(1, most); batch > 0 && offered < total && offered - taken < _driver.Size; batch--, offered++)
                {
                    if (_driver.Offer(0))
                    {
                        _kick.Release();
                    }
                }

                Thread.SpinWait(random.Next(64));
                taken += TakeUsed();
                if (taken < offered && !WantCall((ushort)taken))
                {
                    _call.Wait(cancel);
                }
            }

            // The device may be asleep with everything served.
            _kick.Release();
        }

        public void Call() => _call.Release();

        public void Broken(string reason) => throw new InvalidOperationException(reason);

        public void BudgetSpent() => _budgetSpent = true;

        public void Dispose()
        {
            _ring.Stop();
            _memory.Dispose();
            _ram.Dispose();
            _kick.Dispose();
            _call.Dispose();
        }

        private void Drain()
        {
            while (_ring.TryPop(out var chain))
            {
                _ring.PushUsed(chain.Head, 0);
                if ((++Served & 7) == 0)
                {
                    _ring.Publish();
                }
            }

            _ring.Publish();
        }

        private int TakeUsed()
        {
            var count = 0;
            while (_driver.TryTakeUsed(out _, out _))
            {
                count++;
            }

            return count;
        }

        /// <summary>Asks to be called at the next used element; true when one is there already.</summary>
        private bool WantCall(ushort seen)
        {
            _driver.UsedEvent = seen;
            Interlocked.MemoryBarrier();
            return Volatile.Read(ref _driver.UsedIndex) != seen;
        }
    }
}
