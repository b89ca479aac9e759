using System.Threading.Channels;
using VmTools.DBus.Native;

namespace VmTools.DBus;

/// <summary>
/// Signals that fit a match rule, in the order they came. The queue is bounded: a reader that falls behind by
/// <see cref="Capacity"/> signals is cut off with <see cref="BusErrors.LimitsExceeded"/>, because a gap it does not know
/// of would be worse. Reading ends when the subscription is disposed or, with the cause, when the bus goes away.
/// </summary>
public sealed class BusSubscription : IAsyncDisposable
{
    public const int Capacity = 1024;

    private readonly Channel<BusSignal> _signals = Channel.CreateBounded<BusSignal>(Capacity);
    private readonly MatchTarget _target;

    internal BusSubscription(BusThread thread, MatchRule rule) => _target = new MatchTarget(thread, rule, Deliver, End);

    public IAsyncEnumerable<BusSignal> ReadAllAsync(CancellationToken cancel) => _signals.Reader.ReadAllAsync(cancel);

    public ValueTask<BusSignal> ReadAsync(CancellationToken cancel) => _signals.Reader.ReadAsync(cancel);

    public bool TryRead(out BusSignal? signal) => _signals.Reader.TryRead(out signal);

    public async ValueTask DisposeAsync()
    {
        await _target.RemoveAsync();
        End(null);
        while (_signals.Reader.TryRead(out var unread))
        {
            unread.Body.Dispose();
        }
    }

    internal Task InstallAsync() => _target.InstallAsync();

    private void Deliver(BusSignal signal)
    {
        if (!_signals.Writer.TryWrite(signal))
        {
            signal.Body.Dispose();
            End(new DBusException(BusErrors.LimitsExceeded, $"The reader of a subscription fell {Capacity} signals behind."));
        }
    }

    private void End(DBusException? why) => _signals.Writer.TryComplete(why);
}
