using VmTools.Host.Instance;

namespace VmTools.Host.Concierge.Vms;

/// <summary>What every VM's owner needs besides its own VM.</summary>
internal sealed record VmSurroundings(VmRegistry Registry, IVmNews News, ShutdownSequence Shutdown, InstanceDirectories Directories);
