using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>One VM's readiness, waited for until disposed.</summary>
internal sealed class PendingGuest(Cid cid, Action<PendingGuest> forget) : IDisposable
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Cid Cid => cid;

    public Task Ready => _ready.Task;

    public void SetReady() => _ready.TrySetResult();

    public void Dispose() => forget(this);
}
