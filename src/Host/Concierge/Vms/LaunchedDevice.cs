namespace VmTools.Host.Concierge.Vms;

/// <summary>A device process and the moment from which a VMM can attach to it.</summary>
internal sealed record LaunchedDevice(IHostProcess Process, Task Ready);
