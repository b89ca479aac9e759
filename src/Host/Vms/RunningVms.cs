using System.Globalization;
using System.Text.Json;
using VmTools.Host.Instance;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Vms;

/// <summary>
/// The VMs there are, from the records that vm_concierge writes before a VM's device exists: whatever a guest sends comes later.
/// They hold the VMs of all owners and are there while vm_concierge is not.
/// </summary>
internal sealed class RunningVms(string directory)
{
    /// <summary>Which VM has this CID.</summary>
    public VmId? Find(Cid cid) =>
        Records().FirstOrDefault(record => record.Cid == cid.Value)?.Id;

    /// <summary>
    /// The CID of a VM that has started and whose device is alive; null for any other, about which vm_concierge knows more.
    /// </summary>
    public Cid? Find(VmId id) =>
        TryRead(Path.Combine(directory, VmRecord.FileNameOf(id))) is
        {
            IsRunning: true,
            Device: { } device
        } record
        && Processes.IsAlive(device.Pid, device.StartTime)
            ? new Cid(record.Cid)
            : null;

    /// <summary>
    /// A text that stands for one run of a VM and for no other, of this VM or another; null where it does not run, or has not got so far.
    /// </summary>
    public string? RunOf(VmId id) =>
        TryRead(Path.Combine(directory, VmRecord.FileNameOf(id))) is { Device: { } device } record
        && Processes.IsAlive(device.Pid, device.StartTime)
            ? string.Create(CultureInfo.InvariantCulture, $"{record.BootId} {record.Cid} {device.Pid} {device.StartTime}")
            : null;

    /// <summary>The VMs of which a process is alive, whether they have started or not.</summary>
    public IEnumerable<VmId> Alive => Records()
        .Where(record => record.BootId == Processes.BootId && (IsAlive(record.Vmm) || IsAlive(record.Device)))
        .Select(record => record.Id);

    /// <summary>Whose VMs there are.</summary>
    public IEnumerable<OwnerId> Owners => Records().Select(record => VmId.ParseOwner(record.Owner)).Distinct();

    private static bool IsAlive(ProcessRecord? process) => process is not null && Processes.IsAlive(process.Pid, process.StartTime);

    private IEnumerable<VmRecord> Records() =>
        Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*" + VmRecord.Extension).Select(TryRead).OfType<VmRecord>() : [];

    /// <summary>Null where the VM has just ended, or its record is broken, which vm_concierge deals with.</summary>
    private static VmRecord? TryRead(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(SmallFile.Read(path, VmRecord.MostBytes), VmRecordJson.Default.VmRecord) is { } record
                && OwnerId.TryParse(record.Owner, out _) && VmName.TryParse(record.Name, out _) ? record : null;
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
