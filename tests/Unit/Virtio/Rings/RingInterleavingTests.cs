using VmTools.Unit.Virtio.Fakes;
using Xunit;

namespace VmTools.Unit.Virtio.Rings;

/// <summary>The real ring against a driver, every order of their operations in a small scope; each operation as one step.</summary>
public sealed class RingInterleavingTests
{
    private const int Entries = 3;
    private const int DriverSteps = 2 * Entries;
    private const int DeviceSteps = 8;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_order_of_driver_and_device_steps_leaves_an_entry_behind(bool eventIndex)
    {
        using var bench = new RingBench(eventIndex: eventIndex);
        var runs = 0;

        foreach (var order in Orders(DriverSteps, DeviceSteps))
        {
            Run(bench, order);
            runs++;
        }

        Assert.Equal(3003, runs);
    }

    /// <summary>Bits of an order: one is a driver step, zero a device step.</summary>
    private static IEnumerable<int> Orders(int ones, int zeros) =>
        Enumerable.Range(0, 1 << (ones + zeros)).Where(bits => int.PopCount(bits) == ones);

    private static void Run(RingBench bench, int order)
    {
        bench.Driver.Reset();
        bench.Ring.Start(bench.Memory, bench.Driver.Layout(bench.Memory), 0);
        var device = new DrainingDevice(bench);
        var driver = new OfferingDriver(bench.Driver);

        for (var step = 0; step < DriverSteps + DeviceSteps; step++)
        {
            if ((order >> step & 1) == 1)
            {
                driver.Step(device);
            }
            else
            {
                device.Step();
            }
        }

        device.RunUntilAsleep();
        Assert.True(device.Taken == Entries, $"order {order:b} took {device.Taken}");
    }

    private sealed class OfferingDriver(DriverRing ring)
    {
        private bool _wantsKick;
        private bool _offered;

        public void Step(DrainingDevice device)
        {
            if (!_offered)
            {
                ring.Describe(0, ring.Allocate(1), 1, 0);
                _wantsKick = ring.Offer(0);
            }
            else if (_wantsKick)
            {
                device.Kick();
            }

            _offered = !_offered;
        }
    }

    private sealed class DrainingDevice(RingBench bench)
    {
        private int _at;
        private bool _kicked;

        public int Taken { get; private set; }

        public void Kick() => _kicked = true;

        public void Step()
        {
            switch (_at)
            {
                case 0:
                    bench.Ring.DisableNotifications();
                    _at = 1;
                    break;
                case 1:
                    _at = TakeOne() ? 1 : 2;
                    break;
                case 2:
                    _at = bench.Ring.EnableNotifications() ? 1 : 3;
                    break;
                default:
                    _at = _kicked ? 0 : 3;
                    _kicked = false;
                    break;
            }
        }

        public void RunUntilAsleep()
        {
            while (_at != 3 || _kicked)
            {
                Step();
            }
        }

        private bool TakeOne()
        {
            if (!bench.Ring.TryPop(out var chain))
            {
                return false;
            }

            bench.Ring.PushUsed(chain.Head, 0);
            bench.Ring.Publish();
            Taken++;
            return true;
        }
    }
}
