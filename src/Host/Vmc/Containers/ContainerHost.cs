using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Machines;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Containers;

/// <summary>
/// The VM around containers: it runs, and serves them. A VM that was started without is asked to by another start, which changes nothing
/// else of it.
/// </summary>
internal sealed class ContainerHost(VmcContext context, ConciergeClient concierge, string vm)
{
    /// <summary>Starts the VM if need be, making it where it is not there.</summary>
    public async Task MakeReadyAsync(CancellationToken cancel) => await ReadyAsync(await IsRunningAsync(cancel), cancel);

    /// <summary>Starts a VM that is there if need be.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        var runs = await IsRunningAsync(cancel);
        if (!runs && !await IsThereAsync(cancel))
        {
            throw new VmToolsException(
                ErrorKind.NotFound,
                $"There is no VM '{VmNameRule.Shown(vm)}'. 'vmc list' shows your VMs, 'vmc container create' makes one with a container."
                + VmNameRule.Reminder(vm));
        }

        await ReadyAsync(runs, cancel);
    }

    /// <summary>Whether there is such a VM, running or not.</summary>
    public async Task<bool> IsThereAsync(CancellationToken cancel) =>
        (await VmRows.ReadAsync(concierge, cancel)).Any(row => row.Name == vm);

    /// <summary>Asks no VM to start for a question that only one that runs can answer.</summary>
    public async Task ExpectRunningAsync(CancellationToken cancel)
    {
        if (!await IsRunningAsync(cancel))
        {
            throw new VmToolsException(
                ErrorKind.FailedPrecondition,
                VmNameRule.Allows(vm)
                    ? $"VM '{vm}' is not running, and only then its containers can be seen. Start it with: vmc start {vm}"
                    : $"VM '{VmNameRule.Shown(vm)}' is not running.{VmNameRule.Reminder(vm)}");
        }

        await ReadyAsync(runs: true, cancel);
    }

    /// <summary>The container as the VM tells; null where there is none of the name.</summary>
    public async Task<ContainerReport?> FindAsync(string name, CancellationToken cancel) =>
        (await concierge.Cicerone.ContainersAsync(vm, cancel)).FirstOrDefault(container => container.Name == name);

    /// <exception cref="VmToolsException">There is no container of the name.</exception>
    public async Task<ContainerReport> ExpectAsync(ContainerPlace place, CancellationToken cancel) =>
        await FindAsync(place.Name, cancel) ?? throw Missing(place);

    public static VmToolsException Missing(ContainerPlace place) => new(
        ErrorKind.NotFound,
        $"VM '{place.Vm}' has no container '{place.Name}'. 'vmc container list {place.Vm}' shows those it has, "
        + $"'vmc container create {place.ForCommand}' makes this one.");

    private async Task<bool> IsRunningAsync(CancellationToken cancel) =>
        (await concierge.StatesAsync(cancel)).GetValueOrDefault(vm) is { State: "running" or "paused" or "not answering" };

    private Task ReadyAsync(bool runs, CancellationToken cancel) =>
        new StartVerb(context, new StartOptions(vm) { ServesContainers = true }).EnsureAsync(concierge, runs, cancel);
}
