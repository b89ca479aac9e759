using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.Network;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>
/// The guest's part of a start: its word that it is ready is expected, and then its agent sets up network, clock and disks.
/// </summary>
internal sealed class GuestBoot(PendingGuests pending, IGuestConnector guests, TimeProvider clock)
{
    /// <summary>Before the VMM is launched, because a guest may be ready at once.</summary>
    public PendingGuest Expect(Cid cid) => pending.Expect(cid);

    /// <summary>The connection is not kept: an idle one would wake us and the guest for nothing.</summary>
    public async Task SetUpAsync(Cid cid, IReadOnlyList<GuestMount> mounts, StepLog steps, CancellationToken cancel)
    {
        await using var guest = guests.Connect(cid);
        steps.Begin("Setting up the guest's network");
        await guest.ConfigureNetworkAsync(GuestNetwork.UserMode, cancel);
        steps.Begin("Setting the guest's clock");
        await guest.SetTimeAsync(clock.GetUtcNow(), cancel);
        steps.Begin("Mounting the guest's disks");
        foreach (var mount in mounts)
        {
            await guest.MountAsync(mount, cancel);
        }
    }
}
