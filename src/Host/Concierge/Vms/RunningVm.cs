namespace VmTools.Host.Concierge.Vms;

/// <summary>A VM whose guest answers, with everything it holds on the host.</summary>
internal sealed record RunningVm(VmRecord Record, IHostProcess Vmm, IHostProcess Device, Reservations Held);
