using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Vsh;

/// <summary>Where the shell server of a VM is, and what carries a stream to it.</summary>
internal sealed class VmFinder(HostInstance instance)
{
    private const string HostDevice = "/dev/vhost-vsock";

    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(30);

    /// <exception cref="VmToolsException">There is no such VM running.</exception>
    public async Task<Cid> FindAsync(VshOptions options, CancellationToken cancel)
    {
        if (options.Cid is { } given)
        {
            return given;
        }

        var name = options.Vm!;
        if (Recorded(name, options.Owner) is { } recorded)
        {
            return recorded;
        }

        await using var concierge = await ConciergeClient.TryConnectAsync(instance, cancel) ?? throw NotRunning(name);
        var request = new GetVmInfoRequest { Name = name, OwnerId = options.Owner ?? concierge.Owner.ToString() };
        var answer = await concierge.CallAsync("GetVmInfo", request, GetVmInfoResponse.Parser, CallLimit, cancel);
        return answer switch
        {
            { Success: false } or { VmInfo: null } => throw NotRunning(name),
            { VmInfo.Status: VmStatus.Starting } => throw new VmToolsException(
                ErrorKind.FailedPrecondition, $"VM '{name}' is still starting; 'vmc list' shows when it is running."),
            _ => new Cid((uint)answer.VmInfo.Cid),
        };
    }

    /// <summary>
    /// A VM with a device of ours has a socket in the runtime directory; any other is the kernel's to reach, where this host
    /// can carry VMs at all: a vsock of its own may only lead to the machine around it.
    /// </summary>
    public IVsockCarrier CarrierTo(Cid cid)
    {
        var directory = instance.Directories.Vsock;
        return File.Exists(Path.Combine(directory, $"guest.{cid}")) || !File.Exists(HostDevice)
            ? new UserVsock(directory, new DeviceDirectory(directory), instance.Clock)
            : new KernelVsock(instance.Clock);
    }

    /// <summary>
    /// What vm_concierge keeps for its successor tells the same as an answer over the bus, at a tenth of the cost, and without it.
    /// </summary>
    private Cid? Recorded(string name, string? owner) =>
        VmName.TryParse(name, out var vm) && OwnerId.TryParse(owner ?? instance.Owner.Value, out var whose)
            ? new RunningVms(instance.Directories.Records).Find(new VmId(whose, vm))
            : null;

    private static VmToolsException NotRunning(string name) =>
        new(ErrorKind.NotFound, VmNameRule.Allows(name)
            ? $"VM '{name}' is not running. Start it with: vmc start {name}"
            : $"VM '{VmNameRule.Shown(name)}' is not running.{VmNameRule.Reminder(name)}");
}
