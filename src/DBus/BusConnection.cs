using VmTools.DBus.Link;
using VmTools.DBus.Serving;

namespace VmTools.DBus;

/// <summary>
/// A connection to a message bus: calls, signals and served objects. Safe to use from any thread; it sleeps while nothing
/// happens. Not to be disposed from within a handler it serves.
/// </summary>
public sealed class BusConnection : IAsyncDisposable
{
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(10);

    private readonly BusLink _link;
    private readonly TimeProvider _clock;
    private readonly SignalDelivery _signals;
    private readonly ServedPaths _served;

    private BusConnection(BusLink link, TimeProvider clock)
    {
        _link = link;
        _clock = clock;
        _signals = new SignalDelivery(link);
        _served = new ServedPaths(link, _signals, clock);
        Names = new BusNames(this);
        Closed = CloseAsync();
    }

    /// <summary>The bus's own objects: who owns which name.</summary>
    public BusNames Names { get; }

    /// <summary>Our unique name, for example <c>:1.42</c>.</summary>
    public string UniqueName => _link.UniqueName;

    /// <summary>
    /// Completes when the connection has ended: with the cause when the bus went away, with null after disposal. It does
    /// not come back; a daemon ends when its bus does.
    /// </summary>
    public Task<DBusException?> Closed { get; }

    /// <summary>Opens a connection to <c>session</c>, <c>system</c>, <c>starter</c> or an address.</summary>
    public static Task<BusConnection> OpenAsync(string address, CancellationToken cancel) =>
        OpenAsync(address, TimeProvider.System, cancel);

    public static async Task<BusConnection> OpenAsync(string address, TimeProvider clock, CancellationToken cancel)
    {
        var resolved = BusAddress.Resolve(address, Environment.GetEnvironmentVariable)
            ?? throw new DBusException(BusErrors.NoServer, $"The environment names no {address} bus.");
        return new BusConnection(await BusLink.OpenAsync(resolved, OpenLimit, clock, cancel), clock);
    }

    /// <summary>Puts an object on the bus. Done before a name is requested, so that no caller finds the name without it.</summary>
    /// <exception cref="DBusException">The path or a name in it breaks the syntax, or the connection has ended.</exception>
    public Task ServeAsync(ServedObject served) => _served.AddAsync(served);

    /// <summary>Asks for a well-known name, without queueing for it and without taking it from another.</summary>
    public async Task<NameOutcome> RequestNameAsync(string name, CancellationToken cancel) =>
        await Names.RequestAsync(name, cancel);

    /// <summary>Makes a call. The answer's descriptors are the caller's to close, by disposing the body.</summary>
    /// <exception cref="DBusException">The peer or the bus answered with an error.</exception>
    /// <exception cref="TimeoutException">There was no answer within the call's limit.</exception>
    public async Task<BusBody> CallAsync(BusCall call, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(call.Limit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        var pending = new PendingCall();
        try
        {
            either.Token.ThrowIfCancellationRequested();
            _ = pending.RunAsync(_link, call, either.Token);
            await using var given = either.Token.Register(() => pending.Abandon(either.Token));
            return await pending.Reply;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"{call.Interface}.{call.Member} was not answered within {call.Limit.TotalSeconds} s.");
        }
    }

    /// <summary>
    /// Sends a signal. Signals and answers leave in the order in which they were given. The body is disposed here; a signal
    /// given after the end of the connection is dropped.
    /// </summary>
    /// <exception cref="DBusException">The path or a name in it breaks the syntax: a defect of the sender.</exception>
    public void EmitSignal(string path, string @interface, string member, BusBody body)
    {
        using (body)
        {
            _link.Emit(new BusSignal("", path, @interface, member, body));
        }
    }

    /// <summary>Subscribes to signals; once this returns, none that is sent later is missed.</summary>
    public async Task<BusSubscription> SubscribeAsync(MatchRule rule, CancellationToken cancel)
    {
        var subscription = new BusSubscription(_signals, rule);
        try
        {
            await _signals.AddAsync(subscription).WaitAsync(OpenLimit, _clock, cancel);
            return subscription;
        }
        catch
        {
            await subscription.DisposeAsync();
            throw;
        }
    }

    /// <summary>Cancels and awaits the handlers, lets their answers leave, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        await _served.EndAsync();
        await _link.FlushAsync();
        _link.Dispose();
        await Closed;
        _served.Dispose();
    }

    /// <summary>How many callers' uids are remembered; for tests.</summary>
    internal int RememberedCallers => _served.RememberedCallers;

    /// <summary>What waits on the bus is told that it has gone. Handlers are told to end; <see cref="DisposeAsync"/> awaits them.</summary>
    private async Task<DBusException?> CloseAsync()
    {
        var fault = await _link.Ended;
        _signals.End(fault ?? new DBusException(BusErrors.Disconnected, "The bus connection was closed."));
        _ = _served.EndAsync();
        return fault;
    }
}
