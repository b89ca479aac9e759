using VmTools.Linux.Loop;
using VmTools.Virtio.Memory;

namespace VmTools.Virtio.VhostUser;

/// <summary>
/// All rings of a device with the memory they live in. Brings each ring into the state its settings ask for, tells a driver that was
/// paused from one that is new, and swaps the memory under running rings.
/// </summary>
internal sealed class VringSet : IDisposable
{
    private readonly IVhostUserDevice _device;
    private readonly Vring[] _vrings;
    private readonly SharedMemoryCheck _check;
    private bool _resetTold;

    /// <summary>
    /// The rings of a device, none of them running. <paramref name="broken"/> gets the index of each that its driver breaks, and why.
    /// </summary>
    public VringSet(EventLoop loop, IVhostUserDevice device, Action<int, string> broken)
    {
        _device = device;
        _check = new SharedMemoryCheck(loop, Look, device.GuestMemoryNotShared);
        _vrings = [.. Enumerable.Range(0, device.QueueCount).Select(index => new Vring(index, loop, device, _check.Kicked, broken))];
    }

    public VirtioFeatures Features { get; private set; }

    public GuestMemory? Memory { get; private set; }

    public int Count => _vrings.Length;

    public Vring this[uint index] => _vrings[index];

    public void SetFeatures(VirtioFeatures features)
    {
        var implied = !features.HasFlag(VirtioFeatures.VhostProtocolFeatures);
        var wasImplied = Features != VirtioFeatures.None && !Features.HasFlag(VirtioFeatures.VhostProtocolFeatures);
        Features = features;
        if (Memory is null)
        {
            _check.Begin();
        }

        // Without the vhost-user bit there is no message to enable a ring: all are from the start.
        if (implied || wasImplied)
        {
            foreach (var vring in _vrings)
            {
                SetEnabled(vring, implied);
            }
        }
    }

    /// <summary>Enables or disables a ring; false when it was enabled but cannot run.</summary>
    public bool SetEnabled(Vring vring, bool on)
    {
        vring.IsEnabled = on;
        if (!on)
        {
            Stop(vring);
        }

        return Settle(vring);
    }

    /// <summary>Stops a ring for good and lets go of its kick fd; its position is then in <see cref="Vring.Base"/>.</summary>
    public void Halt(Vring vring)
    {
        Stop(vring);
        vring.DropKick();
    }

    /// <summary>Starts a ring that has become ready; false when it is ready but its addresses or its fd are no good.</summary>
    public bool Settle(Vring vring)
    {
        if (vring.IsActive || !vring.IsReady || Memory is null)
        {
            return true;
        }

        if (vring.HasRun && !vring.Resumes && !_resetTold)
        {
            _resetTold = true;
            _device.DriverReset();
        }

        if (vring.Base == 0)
        {
            _check.Begin();
        }

        return vring.TryActivate(Memory, Features);
    }

    /// <summary>Puts new memory under all rings; the running ones go on where they were. False when one of them cannot.</summary>
    public bool ReplaceMemory(GuestMemory memory)
    {
        var running = Array.FindAll(_vrings, vring => vring.IsActive);
        Array.ForEach(running, vring => vring.Deactivate());

        Memory?.Dispose();
        Memory = memory;

        var all = true;
        foreach (var vring in _vrings)
        {
            all &= Settle(vring);
        }

        return all;
    }

    /// <summary>RESET_DEVICE: no ring runs and the earlier driver is forgotten.</summary>
    public void Reset()
    {
        foreach (var vring in _vrings)
        {
            SetEnabled(vring, false);
            vring.Forget();
        }

        _device.DriverReset();
    }

    public void Dispose()
    {
        foreach (var vring in _vrings)
        {
            Stop(vring);
            vring.Dispose();
        }

        _check.End();
        Memory?.Dispose();
        Memory = null;
    }

    private void Stop(Vring vring)
    {
        if (vring.IsActive)
        {
            vring.Deactivate();
            _resetTold = false;
        }

        vring.Mend();
        if (!Array.Exists(_vrings, other => other.IsActive))
        {
            _check.End();
        }
    }

    private SharedMemorySigns Look() => new(
        Memory is not null,
        Array.Exists(_vrings, vring => vring.Ring.IsRunning),
        Array.Exists(_vrings, vring => vring.Ring.DriverIndex != 0));
}
