using System.Text.Json;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms;

/// <summary>
/// The VMs there are, from the records that vm_concierge writes before a VM's device exists: whatever a guest sends comes later.
/// They hold the VMs of all owners and are there while vm_concierge is not.
/// </summary>
internal sealed class RunningVms(string directory)
{
    /// <summary>Which VM has this CID.</summary>
    public VmId? Find(Cid cid) => Records().FirstOrDefault(record => record.Cid == cid.Value) is { } found ? VmId.Parse(found.Owner, found.Name) : null;

    /// <summary>The CID of a VM that has started and whose device is alive; null for any other, about which vm_concierge knows more.</summary>
    public Cid? Find(VmId id) =>
        TryRead(Path.Combine(directory, VmRecord.FileNameOf(id.Owner.Value, id.Name.FileName))) is { IsRunning: true, Device: { } device } record
        && Processes.IsAlive(device.Pid, device.StartTime)
            ? new Cid(record.Cid)
            : null;

    /// <summary>Whose VMs there are.</summary>
    public IEnumerable<OwnerId> Owners => Records().Select(record => VmId.ParseOwner(record.Owner)).Distinct();

    private IEnumerable<VmRecord> Records() =>
        Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*" + VmRecord.Extension).Select(TryRead).OfType<VmRecord>() : [];

    /// <summary>Null where the VM has just ended, or its record is broken, which vm_concierge deals with.</summary>
    private static VmRecord? TryRead(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), VmRecordJson.Default.VmRecord) : null;
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
