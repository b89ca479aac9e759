using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.LogForwarder.Batches;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.LogForwarder.Api;

/// <summary>
/// Hears from vm_concierge which VMs have stopped, so that their files are closed. It hears from <see cref="SubscribeAsync"/> on.
/// </summary>
internal sealed class StoppedVms(BusSubscription signals, CollectLogs collect) : IAsyncDisposable
{
    private readonly Task _hearing = HearAsync(signals, collect);

    public static Task<BusSubscription> SubscribeAsync(BusConnection bus) => bus.SubscribeAsync(
        new MatchRule
        {
            Sender = ConciergeBus.Name,
            Path = ConciergeBus.Path,
            Interface = ConciergeBus.Interface,
            Member = "VmStoppedSignal",
        },
        CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await signals.DisposeAsync();
        await _hearing;
    }

    /// <summary>Ends with the subscription.</summary>
    private static async Task HearAsync(BusSubscription signals, CollectLogs collect)
    {
        try
        {
            await foreach (var signal in signals.ReadAllAsync(CancellationToken.None))
            {
                using var body = signal.Body;
                if (TryCid(body) is { } cid)
                {
                    await collect.StoppedAsync(cid);
                }
            }
        }
        catch (DBusException)
        {
            // The bus has gone, which ends the daemon.
        }
    }

    /// <summary>Null for a signal that is not one of vm_concierge's as we know them: the next may be.</summary>
    private static Cid? TryCid(BusBody body)
    {
        try
        {
            return new Cid((uint)VmStoppedSignal.Parser.ParseFrom(body.Bytes(0).Span).Cid);
        }
        catch (Exception garbled) when (garbled is InvalidProtocolBufferException or DBusException)
        {
            return null;
        }
    }
}
