using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>
/// The disks of a VM that is about to start: its own one is made where it has none, and all are locked before they are looked at.
/// </summary>
internal sealed class StartDisks(OwnDisk own, DiskPreparation preparation, TimeProvider clock)
{
    /// <summary>The plan with the path of the VM's own disk, where the request asks for that one.</summary>
    public async Task<StartPlan> WithOwnAsync(StartPlan plan, Reservations held, CancellationToken cancel)
    {
        if (plan.Spec.Disks is not [{ Path.Length: 0 } first, ..])
        {
            return plan;
        }

        var path = await own.EnsureAsync(plan.Spec.Id, plan.Spec.Type, held, cancel);
        return plan with { Spec = plan.Spec with { Disks = [first with { Path = path }, .. plan.Spec.Disks.Skip(1)] } };
    }

    public async Task<DiskLocks> LockAsync(StartPlan plan, Reservations held, CancellationToken cancel) =>
        held.Hold(await DiskLocks.TakeAsync(plan.Spec.Disks, plan.WritableRoot, clock, cancel));

    /// <summary>What the guest is to mount.</summary>
    public Task<IReadOnlyList<GuestMount>> PrepareAsync(StartPlan plan, CancellationToken cancel) =>
        preparation.PrepareAsync(plan.Spec.Disks, cancel);

    /// <summary>The VM has run: from now on a disk that its start has made stays.</summary>
    public void KeepOwn(VmId id) => own.Keep(id);
}
