using VmTools.Host.Concierge.HostProcesses;

namespace VmTools.Host.Concierge.Device;

/// <summary>A device process and the moment from which a VMM can attach to it.</summary>
internal sealed record LaunchedDevice(IHostProcess Process, Task Ready);
