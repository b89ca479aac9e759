namespace VmTools.Host.Concierge.Vms.Stop;

/// <summary>StopAllVms: ends every VM there is, all at once. VMs can be started again afterwards.</summary>
internal sealed class StopAllVms(VmRegistry registry)
{
    public async Task RunAsync(CancellationToken cancel) =>
        await Task.WhenAll(registry.All.Select(vm => vm.StopAsync(VmStopReason.StopAllVmsRequested, force: false, cancel)));
}
