using VmTools.Host.Concierge.Device;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>
/// What a VM holds on the host besides its disks, taken by a start or taken back from a former vm_concierge: a CID, the directories that
/// are named after it, a record, and processes. All goes into the VM's <see cref="Reservations"/>, which give it back in reverse.
/// </summary>
internal sealed class VmHoldings(
    InstanceDirectories directories, Cids cids, VmRecords records, DeviceDirectory devices, VmmEnd vmmEnd, TimeProvider clock)
{
    public InstanceDirectories Directories => directories;

    public VmRecords Records => records;

    /// <summary>Takes a new CID and makes the directories.</summary>
    public VmPaths TakePaths(VmId id, Reservations held)
    {
        var cid = held.Hold(cids.Take());
        var paths = new VmPaths(directories, id, cid.Value);
        held.Hold(new PathsReservation(paths)).Create();
        return paths;
    }

    public VmRecord TakeRecord(VmId id, VmRecord record, Reservations held)
    {
        var written = records.Write(record);
        held.Hold(new RecordReservation(records, id));
        return written;
    }

    /// <summary>Takes the CID, the directories and the record back that a former vm_concierge has left.</summary>
    public VmPaths TakeBack(VmId id, VmRecord record, Reservations held)
    {
        var cid = held.Hold(cids.Adopt(new Cid(record.Cid)));
        var paths = new VmPaths(directories, id, cid.Value);
        held.Hold(new PathsReservation(paths));
        held.Hold(new RecordReservation(records, id));
        return paths;
    }

    public void HoldNetwork(IHostProcess network, Reservations held) => held.Hold(new NetworkReservation(network, clock));

    public void HoldDevice(IHostProcess device, Cid cid, Reservations held) =>
        held.Hold(new DeviceReservation(device, cid, devices, clock));

    public void HoldVmm(IHostProcess vmm, VmRecord record, Reservations held) =>
        held.Hold(new VmmReservation(vmm, record, vmmEnd));

    /// <summary>From now on the device process speaks for the CID: what it brings of a guest is believed to be of that one.</summary>
    public void Register(IHostProcess device, Cid cid) => devices.Register(cid, device.Pid, device.StartTime);

    public void Unregister(Cid cid) => devices.Unregister(cid);

    /// <summary>Asks a VMM to end whose pid was never written down.</summary>
    public Task AskVmmToQuitAsync(VmRecord record) => vmmEnd.TryQuitAsync(record);
}
