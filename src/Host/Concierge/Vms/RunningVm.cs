using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms;

/// <summary>A VM whose guest answers, with everything it holds on the host.</summary>
internal sealed record RunningVm(VmRecord Record, IHostProcess Vmm, IHostProcess Device, Reservations Held);
