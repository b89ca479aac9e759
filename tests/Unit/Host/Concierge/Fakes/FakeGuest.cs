using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.Network;
using VmTools.Protocol;

namespace VmTools.Unit.Host.Concierge.Fakes;

/// <summary>A guest that does what the test has set on the bench.</summary>
internal sealed class FakeGuest(Cid cid, ConciergeBench bench) : IGuest
{
    public Task ConfigureNetworkAsync(GuestNetwork network, CancellationToken cancel) => DoAsync("ConfigureNetwork", cancel);

    public Task SetTimeAsync(DateTimeOffset time, CancellationToken cancel) => DoAsync("SetTime", cancel);

    public Task MountAsync(GuestMount mount, CancellationToken cancel) =>
        DoAsync($"Mount {mount.Source} {mount.Target} {mount.FileSystem}", cancel);

    public async Task<TerminaStart> StartTerminaAsync(TerminaSpec spec, CancellationToken cancel)
    {
        await DoAsync($"StartTermina {spec.Host} {spec.Subnet} {spec.StatefulDevice}", cancel);
        await bench.TerminaMayCome.WaitAsync(cancel);
        return new TerminaStart(HasLostData: false, FreeBytes: 4096);
    }

    public Task AnswerAsync(CancellationToken cancel) => bench.GuestsHear ? DoAsync("Answer", cancel) : DeafAsync("Answer", cancel);

    public async Task ShutdownAsync(CancellationToken cancel)
    {
        await (bench.GuestsHear ? DoAsync("Shutdown", cancel) : DeafAsync("Shutdown", cancel));
        if (bench.GuestsObey)
        {
            bench.MachineOf(cid).Vmm.End();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task DeafAsync(string what, CancellationToken cancel)
    {
        bench.Journal.Write(what);
        await Task.Delay(Timeout.InfiniteTimeSpan, bench.Clock, cancel);
    }

    private Task DoAsync(string what, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        bench.Journal.Write(what);
        return bench.Failing == what.Split(' ')[0]
            ? throw new VmToolsException(ErrorKind.Internal, $"The guest refused {what}.")
            : Task.CompletedTask;
    }
}
