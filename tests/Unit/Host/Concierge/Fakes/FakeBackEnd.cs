using VmTools.Host.Concierge.Vmm;
using VmTools.Host.HostFacts;

namespace VmTools.Unit.Host.Concierge.Fakes;

/// <summary>A VMM that needs no program.</summary>
internal sealed class FakeBackEnd : IVmmBackEnd
{
    public VmmChoice Choice => new("fake", "fake", new AcceleratorChoice(IsEmulated ? Accelerator.Tcg : Accelerator.Kvm, "a fake"));

    public bool TakesFrames => true;

    public bool TakesDescriptors => false;

    public bool IsEmulated { get; set; }

    public Task<IVmmMonitor?> MonitorAsync(string eventSocket, CancellationToken cancel) => Task.FromResult<IVmmMonitor?>(null);

    public VmmCommand CommandFor(VmmConfiguration configuration) => new("fake", ["fake"]);

    public Task QuitAsync(string controlSocket, CancellationToken cancel) => Task.CompletedTask;

    public Task PauseAsync(string controlSocket, CancellationToken cancel) => Task.CompletedTask;

    public Task ResumeAsync(string controlSocket, CancellationToken cancel) => Task.CompletedTask;
}
