using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Virtio.Memory;
using VmTools.Virtio.Rings;

namespace VmTools.Virtio.VhostUser;

/// <summary>
/// One ring as the front end sets it up: size, place, position and fds, arriving in any order. "Started" (the ring has a kick fd) and
/// "enabled" are independent; it runs when it has both and everything it needs.
/// </summary>
internal sealed class Vring : IRingOwner, IDisposable
{
    private readonly EventLoop _loop;
    private readonly IVhostUserDevice _device;
    private readonly Action _kicked;
    private readonly Action<int, string> _broken;
    private readonly LoopTimer _pause;
    private readonly KickStorm _storm = new();
    private readonly Action _drainAgain;
    private readonly Action _tellBroken;
    private KickFd? _kick;
    private NotifyFd? _call;
    private NotifyFd? _error;
    private VringStop? _lastStop;

    /// <summary>
    /// A ring without settings. <paramref name="kicked"/> runs at each kick, <paramref name="broken"/> with the ring's index and the
    /// reason when its driver has broken it.
    /// </summary>
    public Vring(int index, EventLoop loop, IVhostUserDevice device, Action kicked, Action<int, string> broken)
    {
        Index = index;
        _loop = loop;
        _device = device;
        _kicked = kicked;
        _broken = broken;
        _drainAgain = DrainAgain;
        _tellBroken = TellBroken;
        _pause = loop.AddTimer(EndPause);
        Ring = new SplitRing(this, device.RulesOf(index));
    }

    public int Index { get; }

    public SplitRing Ring { get; }

    public ushort Size { get; set; }

    public RingAddresses? Addresses { get; set; }

    /// <summary>The next available entry to serve at the next start.</summary>
    public ushort Base { get; set; }

    public bool IsEnabled { get; set; }

    public bool IsStarted => _kick is not null;

    /// <summary>The ring runs, or would run had its driver not broken it.</summary>
    public bool IsActive { get; private set; }

    /// <summary>The driver has broken the ring; a stop by the front end mends it.</summary>
    public bool IsBroken { get; private set; }

    public bool IsReady => IsStarted && IsEnabled && !IsBroken && Size > 0 && Addresses is not null;

    /// <summary>The ring would go on exactly where it stopped, which only the same driver can want.</summary>
    public bool Resumes => _lastStop is { WasBroken: false } stop && stop.Base == Base && stop.Size == Size && stop.Addresses == Addresses;

    public bool HasRun => _lastStop is not null;

    /// <summary>Takes the kick fd over; false when it is of a wrong kind.</summary>
    public bool TrySetKick(FdHandle fd)
    {
        if (!FdKinds.CanNotify(fd, out _))
        {
            fd.Dispose();
            return false;
        }

        DropKick();
        _pause.Clear();
        _kick = new KickFd(_loop, fd, KickReady);
        return !IsActive || _kick.TryWatch();
    }

    public bool TrySetCall(FdHandle? fd)
    {
        _call?.Dispose();
        _call = fd is null ? null : NotifyFd.TryFrom(fd);

        // A call made between two fds may have gone unheard; one too many does no harm.
        if (Ring.IsRunning)
        {
            _call?.Signal();
        }

        return fd is null || _call is not null;
    }

    public bool TrySetError(FdHandle? fd)
    {
        _error?.Dispose();
        _error = fd is null ? null : NotifyFd.TryFrom(fd);
        return fd is null || _error is not null;
    }

    /// <summary>Runs the ring in this memory; false when its addresses or its kick fd are no good.</summary>
    public bool TryActivate(GuestMemory memory, VirtioFeatures features)
    {
        var options = new RingLayoutOptions(
            Size, features.HasFlag(VirtioFeatures.EventIndex), features.HasFlag(VirtioFeatures.IndirectDescriptors));
        if (RingLayout.TryFind(memory, Addresses!.Value, options) is not { } layout)
        {
            return false;
        }

        // Emptied before the ring is looked at: a kick after this line is a new one, and all before it is served below.
        if (_kick!.Consume() == KickOutcome.Dead || !_kick.TryWatch())
        {
            return false;
        }

        var resumed = Resumes;
        IsActive = true;
        Ring.Start(memory, layout, Base);
        _device.QueueStarted(Index, Ring, resumed);
        _device.QueueKicked(Index);
        return true;
    }

    /// <summary>Stops using guest memory and remembers where; the next start tells whether the same driver goes on.</summary>
    public void Deactivate()
    {
        if (IsActive)
        {
            IsActive = false;
            _device.QueueStopping(Index);
            Ring.Stop();
            _kick?.Unwatch();
            _pause.Clear();
            Base = Ring.NextAvailable;
            _lastStop = new VringStop(Base, Size, Addresses!.Value, IsBroken);
        }
    }

    /// <summary>The front end stopped the ring: what was wrong with it is over.</summary>
    public void Mend() => IsBroken = false;

    /// <summary>Forgets the earlier driver, so that the next start is the first.</summary>
    public void Forget() => _lastStop = null;

    public void DropKick()
    {
        _kick?.Dispose();
        _kick = null;
    }

    public void Call() => _call?.Signal();

    public void Broken(string reason)
    {
        IsBroken = true;
        _error?.Signal();
        _broken(Index, reason);
        _loop.Post(_tellBroken);
    }

    public void BudgetSpent() => _loop.Post(_drainAgain);

    public void Dispose()
    {
        _pause.Clear();
        DropKick();
        _call?.Dispose();
        _error?.Dispose();
    }

    private void KickReady(KickOutcome outcome)
    {
        switch (outcome)
        {
            case KickOutcome.Kicked:
                Kicked();
                break;
            case KickOutcome.Dead:
                _kick!.Unwatch();
                Broken("its kick fd has ended");
                break;
            case KickOutcome.Nothing:
                break;
        }
    }

    private void Kicked()
    {
        _kicked();
        if (_storm.IsStorm(Ring.DriverIndex, _loop.Now))
        {
            _kick!.Unwatch();
            _pause.Set(KickStorm.Pause);
        }

        DrainAgain();
    }

    private void EndPause()
    {
        if (IsActive && _kick is not null)
        {
            _ = _kick.TryWatch();
            DrainAgain();
        }
    }

    private void DrainAgain()
    {
        if (Ring.IsRunning)
        {
            Ring.Refill();
            _device.QueueKicked(Index);
        }
    }

    private void TellBroken()
    {
        if (IsActive && IsBroken)
        {
            _device.QueueBroken(Index);
        }
    }
}

/// <summary>Where and how a ring stopped.</summary>
internal sealed record VringStop(ushort Base, ushort Size, RingAddresses Addresses, bool WasBroken);
