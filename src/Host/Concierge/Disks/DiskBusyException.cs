using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Disks;

/// <summary>The disk of a VM is being created, destroyed or resized: a state the D-Bus answers have a status of their own for.</summary>
internal sealed class DiskBusyException(VmId id)
    : Exception($"An operation on the disk of VM '{id}' is under way. Wait for it and try again.");
