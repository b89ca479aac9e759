using VmTools.DBus;

namespace VmTools.Host.Cicerone.Transfers;

/// <summary>Long work for a client on the bus, which ends when the client leaves: nobody would use what comes of it.</summary>
internal sealed class ClientPresence(BusConnection bus)
{
    /// <exception cref="OperationCanceledException">The client has left, or the daemon ends.</exception>
    public async Task<T> WhileAsync<T>(BusCaller client, Func<CancellationToken, Task<T>> work, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await using var changes = await bus.Names.WatchAsync(client.UniqueName, cancel);
        var watching = WatchAsync(changes, over);
        try
        {
            if (!await bus.Names.HasOwnerAsync(client.UniqueName, cancel))
            {
                throw new OperationCanceledException();
            }

            return await work(over.Token);
        }
        finally
        {
            await over.CancelAsync();
            await watching;
        }
    }

    private static async Task WatchAsync(BusSubscription changes, CancellationTokenSource over)
    {
        try
        {
            await foreach (var signal in changes.ReadAllAsync(over.Token))
            {
                if (BusNames.ChangeIn(signal).NewOwner is null)
                {
                    break;
                }
            }

            await over.CancelAsync();
        }
        catch (Exception ended) when (ended is OperationCanceledException or DBusException)
        {
            await over.CancelAsync();
        }
    }
}
