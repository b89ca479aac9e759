using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Stop;

/// <summary>StopVm, StopVmWithoutOwnerId and StopAllVms: no such VM runs afterwards. One that did not run is not an error.</summary>
internal sealed class StopVm(VmRegistry registry)
{
    public Task<VmEnding?> RunAsync(VmId id, VmStopReason reason, CancellationToken cancel) => RunAsync(id, reason, force: false, cancel);

    /// <summary>How it ended; null where none ran. By force its guest is not asked, also where a stop of it is under way already.</summary>
    /// <exception cref="VmToolsException">The VMM does not end, not even by SIGKILL.</exception>
    public async Task<VmEnding?> RunAsync(VmId id, VmStopReason reason, bool force, CancellationToken cancel) =>
        registry.Find(id) is { } vm ? await StopAsync(vm, reason, force, cancel) : null;

    public async Task RunForAllOwnersAsync(VmName name, CancellationToken cancel) =>
        await Task.WhenAll(registry.Named(name).Select(vm => StopAsync(vm, VmStopReason.StopVmRequested, force: false, cancel)));

    /// <summary>Ends every VM there is, all at once. VMs can be started again afterwards.</summary>
    public async Task RunForAllAsync(CancellationToken cancel) =>
        await Task.WhenAll(registry.All.Select(vm => vm.StopAsync(VmStopReason.StopAllVmsRequested, force: false, cancel)));

    private static async Task<VmEnding> StopAsync(Vm vm, VmStopReason reason, bool force, CancellationToken cancel) =>
        await vm.StopAsync(reason, force, cancel) ?? throw new VmToolsException(
            ErrorKind.Internal,
            $"VM '{vm.Id}' cannot be stopped: its VMM (pid {vm.Snapshot.VmmPid}) does not end, not even by SIGKILL. "
            + "It stays listed until it does.");
}
