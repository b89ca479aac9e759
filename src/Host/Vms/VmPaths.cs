using System.Globalization;
using VmTools.Host.Instance;
using VmTools.Protocol;

namespace VmTools.Host.Vms;

/// <summary>
/// Every path that belongs to one VM. Sockets are named after the CID, because a socket path must stay below the kernel's
/// 107 bytes; logs and disks after the VM, because they outlive it.
/// </summary>
internal sealed record VmPaths(InstanceDirectories Directories, VmId Id, Cid Cid)
{
    public string Runtime => Path.Combine(Directories.Runtime, $"vm.{Number}");

    public string ControlSocket => Path.Combine(Runtime, "control.sock");

    public string EventSocket => Path.Combine(Runtime, "events.sock");

    public string VsockSocket => Path.Combine(Runtime, "vsock.sock");

    public string ConsoleSocket => Path.Combine(Runtime, "console.sock");

    public string NetworkSocket => Path.Combine(Runtime, "network.sock");

    /// <summary>Where ports of the host can be led into the guest, as slirp4netns(1) describes.</summary>
    public string NetworkControl => Path.Combine(Runtime, "network.api");

    public string GuestSocket => Path.Combine(Directories.Vsock, $"guest.{Number}");

    public string Logs => LogsOf(Directories, Id.Owner);

    public string VmmLog => Path.Combine(Logs, $"{Id.Name.FileName}.vmm.log");

    public string DeviceLog => Path.Combine(Logs, $"{Id.Name.FileName}.device.log");

    public string NetworkLog => Path.Combine(Logs, $"{Id.Name.FileName}.network.log");

    private string Number => Cid.Value.ToString(CultureInfo.InvariantCulture);

    public static string LogsOf(InstanceDirectories directories, OwnerId owner) =>
        Path.Combine(directories.State, owner.Value, "log");
}
