using VmTools.Host.Concierge.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Verbs;

/// <summary>StopVm: no VM of that name runs afterwards. One that did not run is not an error.</summary>
internal sealed class StopVm(VmRegistry registry)
{
    public async Task RunAsync(VmId id, VmStopReason reason, CancellationToken cancel)
    {
        if (registry.Find(id) is { } vm)
        {
            await StopAsync(vm, reason, cancel);
        }
    }

    public async Task RunForAllOwnersAsync(VmName name, CancellationToken cancel) =>
        await Task.WhenAll(registry.Named(name).Select(vm => StopAsync(vm, VmStopReason.StopVmRequested, cancel)));

    private static async Task StopAsync(Vm vm, VmStopReason reason, CancellationToken cancel)
    {
        if (!await vm.StopAsync(reason, cancel))
        {
            throw new VmToolsException(
                ErrorKind.Internal,
                $"VM '{vm.Id}' cannot be stopped: its VMM (pid {vm.Snapshot.VmmPid}) does not end, not even by SIGKILL. It stays listed until it does.");
        }
    }
}
