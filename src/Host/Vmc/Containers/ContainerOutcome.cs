using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Containers;

/// <summary>What a signal of vm_cicerone says of something that was begun in a container.</summary>
internal readonly record struct ContainerEvent(string Owner, string Vm, string Container, ContainerEnd End, string Reason);

/// <summary>Where what was begun stands.</summary>
internal enum ContainerEnd
{
    /// <summary>It goes on.</summary>
    Pending,
    Done,
    Failed,
}

/// <summary>
/// Waits for what becomes of something that a method of vm_cicerone begins: the signal of it, which is subscribed to before the call; or
/// the end of the VM or of vm_cicerone, after which none would come.
/// </summary>
internal sealed class ContainerOutcome : IAsyncDisposable
{
    private readonly ConciergeClient _concierge;
    private readonly ContainerPlace _place;
    private readonly Func<ReadOnlyMemory<byte>, ContainerEvent> _read;
    private readonly string _member;
    private readonly BusSubscription _signals;
    private readonly BusSubscription _endings;
    private readonly BusSubscription _owners;

    private ContainerOutcome(
        ConciergeClient concierge, ContainerPlace place, string member, Func<ReadOnlyMemory<byte>, ContainerEvent> read,
        BusSubscription[] three)
    {
        (_concierge, _place, _member, _read) = (concierge, place, member, read);
        (_signals, _endings, _owners) = (three[0], three[1], three[2]);
    }

    /// <summary>Begins to listen; the call follows.</summary>
    public static async Task<ContainerOutcome> ListenAsync<T>(
        ConciergeClient concierge, ContainerPlace place, string member, Func<T, ContainerEvent> read, CancellationToken cancel)
        where T : IMessage<T>, new()
    {
        var parser = new MessageParser<T>(static () => new T());
        return new ContainerOutcome(
            concierge, place, member, bytes => read(parser.ParseFrom(bytes.Span)),
            [
                await concierge.Cicerone.SubscribeAsync(member, cancel),
                await concierge.SubscribeAsync(ConciergeBus.OwnInterface, ConciergeBus.EndedSignal, cancel),
                await concierge.Cicerone.WatchAsync(cancel),
            ]);
    }

    /// <exception cref="VmToolsException">It failed, or took too long; the sentence begins with <paramref name="what"/>.</exception>
    public async Task WaitAsync(string what, TimeSpan limit, TimeProvider clock, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        Task<string?>[] waits = [OutcomeAsync(either.Token), VmEndAsync(either.Token), DaemonEndAsync(either.Token)];
        try
        {
            var first = await Task.WhenAny(waits);
            if (await first is { } why)
            {
                throw new VmToolsException(ErrorKind.FailedPrecondition, $"{what}: {why}");
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new VmToolsException(
                ErrorKind.DeadlineExceeded,
                $"{what} within {limit.TotalMinutes:0} minutes. It may go on: 'vmc container list {_place.Vm}' shows how far it is.");
        }
        catch (DBusException lost)
        {
            throw DaemonFailure.Of(CiceroneBus.Program, _member, lost);
        }
        finally
        {
            await either.CancelAsync();
            await Task.WhenAll((IEnumerable<Task>)waits).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _signals.DisposeAsync();
        await _endings.DisposeAsync();
        await _owners.DisposeAsync();
    }

    /// <summary>Null when it is done, else why it failed.</summary>
    private async Task<string?> OutcomeAsync(CancellationToken cancel)
    {
        await foreach (var signal in _signals.ReadAllAsync(cancel))
        {
            if (signal.Body.Signature != "ay"
                || _read(signal.Body.Bytes(0)) is not { End: not ContainerEnd.Pending } told
                || told.Owner != _concierge.Owner.Value || told.Vm != _place.Vm || told.Container != _place.Name)
            {
                continue;
            }

            return told.End == ContainerEnd.Done ? null : told.Reason.Length > 0 ? told.Reason : "the VM does not say why.";
        }

        return "the bus is gone.";
    }

    private async Task<string?> VmEndAsync(CancellationToken cancel)
    {
        await foreach (var signal in _endings.ReadAllAsync(cancel))
        {
            if (signal.Body is { Signature: "sss" } body && body.Text(0) == _concierge.Owner.Value && body.Text(1) == _place.Vm)
            {
                return $"the VM ended. {body.Text(2)}";
            }
        }

        return "the bus is gone.";
    }

    private async Task<string?> DaemonEndAsync(CancellationToken cancel)
    {
        await foreach (var signal in _owners.ReadAllAsync(cancel))
        {
            if (BusNames.ChangeIn(signal).OldOwner is not null)
            {
                return $"vm_cicerone went away. 'vmc container list {_place.Vm}' shows what came of it.";
            }
        }

        return "the bus is gone.";
    }
}
