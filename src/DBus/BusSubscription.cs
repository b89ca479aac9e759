using System.Threading.Channels;
using VmTools.DBus.Link;

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
    private readonly SignalDelivery _delivery;
    private bool _disposed;

    internal BusSubscription(SignalDelivery delivery, MatchRule rule)
    {
        _delivery = delivery;
        Rule = rule;
    }

    internal MatchRule Rule { get; }

    internal bool IsDisposed => Volatile.Read(ref _disposed);

    public IAsyncEnumerable<BusSignal> ReadAllAsync(CancellationToken cancel) => _signals.Reader.ReadAllAsync(cancel);

    public ValueTask<BusSignal> ReadAsync(CancellationToken cancel) => _signals.Reader.ReadAsync(cancel);

    public bool TryRead(out BusSignal? signal) => _signals.Reader.TryRead(out signal);

    public ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            End(null);
            _delivery.Remove(this);
        }

        while (_signals.Reader.TryRead(out var unread))
        {
            unread.Body.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Called in the library's loop.</summary>
    internal void Deliver(BusSignal signal)
    {
        if (!_signals.Writer.TryWrite(signal))
        {
            signal.Body.Dispose();
            End(new DBusException(BusErrors.LimitsExceeded, $"The reader of a subscription fell {Capacity} signals behind."));
        }
    }

    internal void End(DBusException? why) => _signals.Writer.TryComplete(why);
}
