using VmTools.Linux.Loop;

namespace VmTools.Virtio.VhostUser;

/// <summary>
/// Notices a VMM that was started without shared memory, which nothing in the protocol reports. QEMU then either sends no memory table
/// at all, or (share=off) hands us pages of which the guest has private copies: it kicks, and its index stays 0 for ever. Looks
/// once, two seconds after the driver began; after that only at kicks.
/// </summary>
internal sealed class SharedMemoryCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly LoopTimer _timer;
    private readonly Func<SharedMemorySigns> _look;
    private readonly Action _notShared;
    private int _kicks;
    private bool _isWatching;
    private bool _isDue;

    public SharedMemoryCheck(EventLoop loop, Func<SharedMemorySigns> look, Action notShared)
    {
        _look = look;
        _notShared = notShared;
        _timer = loop.AddTimer(Due);
    }

    /// <summary>A driver begins: features were set, or a ring began from its first entry.</summary>
    public void Begin()
    {
        _kicks = 0;
        _isWatching = true;
        _isDue = false;
        _timer.Set(Patience);
    }

    public void End()
    {
        _isWatching = false;
        _timer.Clear();
    }

    public void Kicked()
    {
        // QEMU kicks once on its own before it enables a ring; that one is emptied at the start and never counted here.
        _kicks++;
        if (_isWatching && _isDue)
        {
            Judge();
        }
    }

    private void Due()
    {
        _isDue = true;
        Judge();
    }

    private void Judge()
    {
        var signs = _look();
        if (signs.HasDriverWritten)
        {
            End();
        }
        else if (!signs.HasMemory || (signs.IsAnyRingRunning && _kicks > 0))
        {
            End();
            _notShared();
        }
    }
}

/// <summary>What the device can see of whether guest memory is shared.</summary>
internal readonly record struct SharedMemorySigns(bool HasMemory, bool IsAnyRingRunning, bool HasDriverWritten);
