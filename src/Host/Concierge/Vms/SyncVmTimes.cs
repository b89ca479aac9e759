using VmTools.Host.Concierge.GuestAgent;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms;

/// <summary>SyncVmTimes: gives every running guest the host's time; answers how many were asked and what went wrong.</summary>
internal sealed class SyncVmTimes(VmRegistry registry, IGuestConnector guests, TimeProvider clock)
{
    public async Task<(int Requests, IReadOnlyList<string> Failures)> RunAsync(CancellationToken cancel)
    {
        var running = registry.All.Select(vm => vm.Snapshot).Where(vm => vm.State == VmState.Running).ToList();
        var answers = await Task.WhenAll(running.Select(vm => TrySetAsync(vm, cancel)));
        return (running.Count, [.. answers.OfType<string>()]);
    }

    private async Task<string?> TrySetAsync(VmSnapshot vm, CancellationToken cancel)
    {
        if (vm.Cid is not { } cid)
        {
            return null;
        }

        await using var guest = guests.Connect(cid);
        try
        {
            await guest.SetTimeAsync(clock.GetUtcNow(), cancel);
            return null;
        }
        catch (VmToolsException failed)
        {
            return $"{vm.Id}: {failed.Message}";
        }
    }
}
