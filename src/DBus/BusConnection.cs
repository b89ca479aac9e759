using VmTools.DBus.Native;

namespace VmTools.DBus;

/// <summary>
/// A connection to a message bus: calls, signals and served objects. Safe to use from any thread; one thread of its own
/// does the talking and sleeps while nothing happens. Not to be disposed from within a handler it serves.
/// </summary>
public sealed class BusConnection : IAsyncDisposable
{
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(10);

    private readonly BusThread _thread;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly List<ServedTarget> _served = [];
    private bool _disposed;

    private BusConnection(BusThread thread, TimeProvider clock)
    {
        _thread = thread;
        _clock = clock;
        Names = new BusNames(this);
    }

    /// <summary>Whether libsystemd, which does the talking, is installed.</summary>
    public static bool IsAvailable => BusThread.CanLoad;

    /// <summary>The bus's own objects: who owns which name.</summary>
    public BusNames Names { get; }

    /// <summary>Our unique name, for example <c>:1.42</c>.</summary>
    public string UniqueName => _thread.UniqueName;

    /// <summary>
    /// Completes when the connection has ended: with the cause when the bus went away, with null after disposal. It does
    /// not come back; a daemon ends when its bus does.
    /// </summary>
    public Task<DBusException?> Closed => _thread.Finished;

    /// <summary>Opens a connection to <c>session</c>, <c>system</c>, <c>starter</c> or an address.</summary>
    public static Task<BusConnection> OpenAsync(string address, CancellationToken cancel) =>
        OpenAsync(address, TimeProvider.System, cancel);

    public static async Task<BusConnection> OpenAsync(string address, TimeProvider clock, CancellationToken cancel)
    {
        var resolved = BusAddress.Resolve(address, Environment.GetEnvironmentVariable)
            ?? throw new DBusException(BusErrors.NoServer, $"The environment names no {address} bus.");
        var connection = new BusConnection(BusThread.Start(resolved), clock);
        try
        {
            await connection._thread.Ready.WaitAsync(OpenLimit, clock, cancel);
            return connection;
        }
        catch (TimeoutException)
        {
            await connection.DisposeAsync();
            throw new DBusException(BusErrors.NoServer, $"The bus at '{resolved}' did not greet us within {OpenLimit.TotalSeconds} s.");
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts an object on the bus. Done before a name is requested, so that nobody finds the name without it.</summary>
    public async Task ServeAsync(ServedObject served)
    {
        var target = new ServedTarget(_thread, served);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _served.Add(target);
        }

        await target.AddAsync();
    }

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
        var pending = new PendingCall(_thread, call);
        _thread.Post(pending.Start);
        await using var given = either.Token.Register(() => pending.Abandon(either.Token));
        try
        {
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
    public void EmitSignal(string path, string @interface, string member, BusBody body) =>
        _thread.Post(bus =>
        {
            using (body)
            {
                if (bus != 0)
                {
                    MessageSignal.Send(bus, new BusSignal("", path, @interface, member, body));
                }
            }
        });

    /// <summary>Subscribes to signals; once this returns, none that is sent later is missed.</summary>
    public async Task<BusSubscription> SubscribeAsync(MatchRule rule, CancellationToken cancel)
    {
        var subscription = new BusSubscription(_thread, rule);
        try
        {
            await subscription.InstallAsync().WaitAsync(OpenLimit, _clock, cancel);
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
        ServedTarget[] served;
        lock (_gate)
        {
            served = _disposed ? [] : [.. _served];
            _disposed = true;
        }

        foreach (var target in served)
        {
            await target.EndAsync();
        }

        _thread.Stop();
        await _thread.Finished;
        _thread.Dispose();
        foreach (var target in served)
        {
            target.Dispose();
        }
    }
}
