using System.Text.Json;
using VmTools.Host.Concierge.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Logs.Resources;

/// <summary>
/// Which VM has a CID, from the records that vm_concierge writes before a VM's device exists: whatever a guest sends comes later.
/// They hold the VMs of all owners and are there while vm_concierge is not.
/// </summary>
internal sealed class RunningVms(string directory)
{
    public VmId? Find(Cid cid) => Records().FirstOrDefault(record => record.Cid == cid.Value) is { } found ? VmId.Parse(found.Owner, found.Name) : null;

    private IEnumerable<VmRecord> Records() =>
        Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*.json").Select(TryRead).OfType<VmRecord>() : [];

    /// <summary>Null where the VM has just ended, or its record is broken, which vm_concierge deals with.</summary>
    private static VmRecord? TryRead(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), VmRecordJson.Default.VmRecord);
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
