using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>The VMs that have been launched and have not said that they are ready. Each may say so once.</summary>
internal sealed class PendingGuests
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Cid, PendingGuest> _pending = [];

    public PendingGuest Expect(Cid cid)
    {
        lock (_lock)
        {
            var guest = new PendingGuest(cid, Forget);
            _pending.Add(cid, guest);
            return guest;
        }
    }

    /// <summary>False for a CID that no start waits for: an unknown VM, one that is ready already, one that was stopped.</summary>
    public bool TryReady(Cid cid)
    {
        PendingGuest? guest;
        lock (_lock)
        {
            if (!_pending.Remove(cid, out guest))
            {
                return false;
            }
        }

        guest.SetReady();
        return true;
    }

    private void Forget(PendingGuest guest)
    {
        lock (_lock)
        {
            if (_pending.GetValueOrDefault(guest.Cid) == guest)
            {
                _pending.Remove(guest.Cid);
            }
        }
    }
}

/// <summary>The word of one guest that it is ready; a start waits for it until it disposes of this.</summary>
internal sealed class PendingGuest(Cid cid, Action<PendingGuest> forget) : IDisposable
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Cid Cid => cid;

    public Task Ready => _ready.Task;

    public void SetReady() => _ready.TrySetResult();

    public void Dispose() => forget(this);
}
