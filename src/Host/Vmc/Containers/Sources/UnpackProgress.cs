using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Vmc.Containers.Sources;

/// <summary>Hears from vm_cicerone how far the VM is with unpacking an image.</summary>
internal sealed class UnpackProgress : IAsyncDisposable
{
    private const string Signal = "LxdContainerDownloading";

    private readonly BusSubscription _signals;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _following;

    private UnpackProgress(BusSubscription signals, string owner, ContainerPlace place, Action<int> told)
    {
        _signals = signals;
        _following = FollowAsync(owner, place, told);
    }

    /// <param name="concierge">Whose vm_cicerone it is.</param>
    /// <param name="place">The container.</param>
    /// <param name="told">Told the percentage whenever there is a new one.</param>
    /// <param name="cancel">Ends the subscription.</param>
    public static async Task<UnpackProgress> FollowAsync(
        ConciergeClient concierge, ContainerPlace place, Action<int> told, CancellationToken cancel) =>
        new(await concierge.Cicerone.SubscribeAsync(Signal, cancel), concierge.Owner.Value, place, told);

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _signals.DisposeAsync();
        _ended.Dispose();
    }

    private async Task FollowAsync(string owner, ContainerPlace place, Action<int> told)
    {
        await foreach (var signal in _signals.ReadAllAsync(_ended.Token))
        {
            if (signal.Body.Signature == "ay"
                && LxdContainerDownloadingSignal.Parser.ParseFrom(signal.Body.Bytes(0).Span) is var news
                && news.OwnerId == owner && news.VmName == place.Vm && news.ContainerName == place.Name)
            {
                told(news.DownloadProgress);
            }
        }
    }
}
