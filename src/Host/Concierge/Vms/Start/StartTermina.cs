using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>
/// The start_termina of StartVm: the guest's container host is up afterwards, and vm_cicerone has been told by the guest. It is started
/// once in the life of a VM, with its start or later.
/// </summary>
internal sealed class StartTermina(IGuestConnector guests, VmRecords records, IVmEvents events, TimeProvider clock)
{
    /// <summary>As a step tells it to a person who waits.</summary>
    public const string Step = "Starting the guest's container host";

    /// <summary>The same subnet in every VM: each is behind an address translation of its own.</summary>
    private const string Subnet = "100.115.93.0/24";

    /// <summary>For what the guest has started to take calls.</summary>
    private static readonly TimeSpan ServeLimit = TimeSpan.FromSeconds(60);

    /// <exception cref="VmToolsException">VMs of this kind have no containers.</exception>
    public static void Check(VmId id, VmType type)
    {
        if (!type.HasContainers())
        {
            throw new VmToolsException(
                ErrorKind.FailedPrecondition,
                $"VM '{id}' is of the type {type}, which has no containers (start_termina). Start it without a type, or use another VM.");
        }
    }

    /// <summary>As a part of a start, which writes the VM's record itself.</summary>
    public Task DuringStartAsync(Vm vm, Cid cid, CancellationToken cancel) => vm.TerminaAsync(async () =>
        await CallAsync(
            cid,
            why => $"VM '{vm.Id}' was not started, because its container host did not start. {why} "
                + $"'vmc logs {vm.Id}' shows what the guest said; without containers 'vmc start {vm.Id}' starts it.",
            cancel));

    /// <summary>
    /// In a VM that runs. A caller who gives up does not break the start off: another may wait for it too.
    /// </summary>
    public Task<TerminaStart?> InRunningAsync(Vm vm, Cid cid, CancellationToken cancel) => vm.TerminaAsync(async () =>
    {
        events.StartStep(vm.Id, Step);
        var started = await CallAsync(
            cid,
            why => $"VM '{vm.Id}' runs, but its container host did not start. {why} "
                + $"'vmc logs {vm.Id}' shows what the guest said; then try again.",
            CancellationToken.None);
        records.Change(vm.Id, cid, record => record with { HasTermina = true });
        return started;
    }).WaitAsync(cancel);

    private async Task<TerminaStart?> CallAsync(Cid cid, Func<string, string> sentence, CancellationToken cancel)
    {
        await using var guest = guests.Connect(cid);
        try
        {
            var started = await guest.StartTerminaAsync(
                new TerminaSpec(GuestNetwork.UserMode.Gateway, Subnet, DiskPreparation.StatefulDevice), cancel);
            await WaitUntilServedAsync(cid, cancel);
            return started;
        }
        catch (VmToolsException refused)
        {
            throw new VmToolsException(refused.Kind, sentence(refused.Message), refused);
        }
    }

    private async Task WaitUntilServedAsync(Cid cid, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(ServeLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            await guests.ContainersServedAsync(cid, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new VmToolsException(
                ErrorKind.DeadlineExceeded, $"Its program was started and took no calls within {ServeLimit.TotalSeconds:0} seconds.");
        }
    }
}
