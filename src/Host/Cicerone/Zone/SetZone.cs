using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Zone;

/// <summary>Puts the clocks of running containers into a time zone.</summary>
internal sealed class SetZone(VmTable vms, ContainerTable containers, TremplinConnector tremplins)
{
    /// <summary>The containers of all VMs; a VM that does not answer keeps no other from it.</summary>
    public async Task<ZoneResult> EverywhereAsync(HostZone zone, CancellationToken cancel)
    {
        var results = new List<ZoneResult>();
        foreach (var vm in vms.All.Where(vm => vm.Type.HasContainers()))
        {
            IReadOnlyList<ContainerName> running = [.. containers.RunningOf(vm.Id).Select(container => container.Name)];
            if (running.Count > 0)
            {
                results.Add(await RunAsync(vm, running, zone, cancel));
            }
        }

        return new ZoneResult(results.Sum(result => result.Successes), [.. results.SelectMany(result => result.Failures)]);
    }

    /// <summary>These containers of a VM; each that does not take the zone is a failure in words.</summary>
    public async Task<ZoneResult> RunAsync(KnownVm vm, IReadOnlyList<ContainerName> names, HostZone zone, CancellationToken cancel)
    {
        try
        {
            using var tremplin = tremplins.Connect(vm.Cid);
            var answer = await tremplin.SetZoneAsync(zone.Name, zone.Posix, names, cancel);
            return new ZoneResult(
                Math.Clamp(answer.Successes, 0, names.Count),
                [.. answer.FailureReasons.Take(names.Count).Select(reason => $"VM '{vm.Id.Name.Value}': {CleanText.Reason(reason)}")]);
        }
        catch (VmToolsException refused)
        {
            return new ZoneResult(0, [$"VM '{vm.Id.Name.Value}': {refused.Message}"]);
        }
    }
}

/// <summary>How many containers have taken the zone, and why the others have not.</summary>
internal sealed record ZoneResult(int Successes, IReadOnlyList<string> Failures);
