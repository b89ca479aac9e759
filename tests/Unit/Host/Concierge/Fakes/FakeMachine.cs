using VmTools.Host.Concierge.Vmm;

namespace VmTools.Unit.Host.Concierge.Fakes;

/// <summary>One fake VM: its two processes, its guest, and what the launcher was asked for.</summary>
internal sealed record FakeMachine(VmmConfiguration Configuration, FakeProcess Vmm, FakeProcess Device);
