using VmTools.Host.Concierge.Vmm;

namespace VmTools.Unit.Host.Concierge.Fakes;

/// <summary>A VMM that needs no program.</summary>
internal sealed class FakeBackEnd : IVmmBackEnd
{
    public string Name => "fake";

    public bool TakesFrames => true;

    public string Program => "fake";

    public bool TakesDescriptors => false;

    public bool IsEmulated { get; set; }

    public string Explanation => "a fake";

    public long OverheadMiB => 96;

    public Task<IVmmMonitor?> MonitorAsync(string eventSocket, CancellationToken cancel) => Task.FromResult<IVmmMonitor?>(null);

    public VmmCommand CommandFor(VmmConfiguration configuration) => new("fake", ["fake"]);

    public Task QuitAsync(string controlSocket, CancellationToken cancel) => Task.CompletedTask;

    public Task PauseAsync(string controlSocket, CancellationToken cancel) => Task.CompletedTask;

    public Task ResumeAsync(string controlSocket, CancellationToken cancel) => Task.CompletedTask;
}
