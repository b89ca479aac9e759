using System.Threading.Channels;
using VmTools.Host.Concierge.Vmm;

namespace VmTools.Unit.Host.Concierge.Fakes;

/// <summary>A VMM that tells what the test says.</summary>
internal sealed class FakeMonitor : IVmmMonitor
{
    private readonly Channel<VmmEvent> _events = Channel.CreateUnbounded<VmmEvent>();

    /// <summary>What stands in the way of the guest; a guest that is let go on meets it again.</summary>
    public VmmPause? Pause { get; set; }

    /// <summary>Whether the guest can go on when it is let.</summary>
    public bool CanGoOn { get; set; }

    public int Continued { get; private set; }

    public void Say(VmmEventKind kind, string detail = "") => _events.Writer.TryWrite(new VmmEvent(kind, detail));

    public void Stop(VmmPause pause)
    {
        Pause = pause;
        Say(VmmEventKind.Stopped);
    }

    public Task<VmmPause?> PauseAsync(CancellationToken cancel) => Task.FromResult(Pause);

    public async Task<VmmEvent> NextEventAsync(CancellationToken cancel) => await _events.Reader.ReadAsync(cancel);

    public Task ContinueAsync(CancellationToken cancel)
    {
        Continued++;
        Say(VmmEventKind.Resumed);
        if (CanGoOn)
        {
            Pause = null;
        }
        else
        {
            Say(VmmEventKind.Stopped);
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
