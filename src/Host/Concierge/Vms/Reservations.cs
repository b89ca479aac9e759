using Microsoft.Extensions.Logging;

namespace VmTools.Host.Concierge.Vms;

/// <summary>
/// What a start has taken so far. Disposing gives all of it back in reverse; a give-back that fails is logged and never
/// keeps the others or the first cause from going through.
/// </summary>
internal sealed partial class Reservations(ILogger log) : IAsyncDisposable
{
    private Stack<IAsyncDisposable> _held = new();

    public T Hold<T>(T taken)
        where T : IAsyncDisposable
    {
        _held.Push(taken);
        return taken;
    }

    /// <summary>Hands everything to a new owner; this bundle is empty afterwards.</summary>
    public Reservations Release()
    {
        var moved = new Reservations(log) { _held = _held };
        _held = new Stack<IAsyncDisposable>();
        return moved;
    }

    public async ValueTask DisposeAsync()
    {
        while (_held.TryPop(out var taken))
        {
            try
            {
                await taken.DisposeAsync();
            }
            catch (Exception problem)
            {
                LogGiveBackFailed(taken.GetType().Name, problem);
            }
        }
    }

    [LoggerMessage(3001, LogLevel.Error, "Giving back {What} failed")]
    private partial void LogGiveBackFailed(string what, Exception problem);
}
