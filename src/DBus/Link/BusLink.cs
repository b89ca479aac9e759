using System.Net.Sockets;
using Tmds.DBus.Protocol;
using VmTools.Linux;

namespace VmTools.DBus.Link;

/// <summary>
/// The library's connection to a bus, in our terms: errors are <see cref="DBusException"/>, nothing malformed is sent, and what was
/// given has left before the connection closes. The library reads in one loop; what is read there is handled in the order in which
/// the bus sent it, and must not wait.
/// </summary>
internal sealed class BusLink : IDisposable
{
    internal const string Driver = "org.freedesktop.DBus";

    internal const string DriverPath = "/org/freedesktop/DBus";

    /// <summary>
    /// Less than half of the smallest buffer that Linux gives a socket (wmem_default in socket(7)). The library ends the connection
    /// when the buffer has no room at all for a message with descriptors, so one is sent only while the bus has read nearly all before it.
    /// </summary>
    private const long UnreadAtMost = 64 << 10;

    private static readonly TimeSpan RoomLimit = TimeSpan.FromSeconds(20);

    /// <summary>How long replies and signals still queued at the end may take to leave.</summary>
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(1);

    private readonly DBusConnection _connection;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private Task? _ping;
    private long _given;
    private long _read;
    private long _owed;

    private BusLink(DBusConnection connection, TimeProvider clock)
    {
        _connection = connection;
        _clock = clock;
        UniqueName = connection.UniqueName!;
        Ended = EndAsync();
    }

    internal string UniqueName { get; }

    /// <summary>Completes when the connection has ended: with the cause, or null after <see cref="Dispose"/>.</summary>
    internal Task<DBusException?> Ended { get; }

    /// <exception cref="DBusException">There is no bus, it does not accept us, or it does not answer within the limit.</exception>
    internal static async Task<BusLink> OpenAsync(string address, TimeSpan limit, TimeProvider clock, CancellationToken cancel)
    {
        var connection = new DBusConnection(new LinkOptions(address));
        try
        {
            await connection.ConnectAsync().AsTask().WaitAsync(limit, clock, cancel);
            return connection.UniqueName is not null
                ? new BusLink(connection, clock)
                : throw new DBusException(BusErrors.NoServer, $"What listens at '{address}' is no bus.");
        }
        catch (Exception failed)
        {
            connection.Dispose();
            throw failed switch
            {
                TimeoutException => new DBusException(
                    BusErrors.NoServer, $"The bus at '{address}' did not greet us within {limit.TotalSeconds} s."),
                DBusConnectionException => NoServer(address, failed),
                _ => failed,
            };
        }
    }

    /// <summary>
    /// Makes a call. The reply is read within the library's loop; the task completes there too, so what awaits it must be brief.
    /// </summary>
    /// <exception cref="DBusException">The peer or the bus answered with an error, or the connection has ended.</exception>
    /// <exception cref="OperationCanceledException">
    /// A call with descriptors was cancelled before it was sent. What was sent is not called back: the caller stops waiting for the reply.
    /// </exception>
    internal Task<T> CallAsync<T>(BusCall call, MessageValueReader<T> read, object? state, CancellationToken cancel) =>
        BodyWriter.CountFds(call.Body) > 0 ? CallWithFdsAsync(call, read, state, cancel) : SendAsync(call, read, state);

    /// <summary>Asks the bus itself.</summary>
    internal static BusCall DriverCall(string member, BusBody body) => new(Driver, DriverPath, Driver, member) { Body = body };

    /// <summary>Makes a call that wants no reply.</summary>
    internal void Post(BusCall call) => Send(Build(call, expectsReply: false, out _));

    /// <summary>Sends a signal; it is dropped when the connection has ended.</summary>
    /// <exception cref="DBusException">The path or a name in it breaks the syntax: a defect of the sender.</exception>
    internal void Emit(BusSignal signal)
    {
        BusSyntax.Check(signal.Path, signal.Interface, signal.Member);
        BodyWriter.Check(signal.Body);
        Owe(BodyWriter.Weigh(signal.Body));
        var writer = _connection.GetMessageWriter();
        try
        {
            writer.WriteSignalHeader(null, signal.Path, signal.Interface, signal.Member, SignatureOf(signal.Body));
            BodyWriter.Write(ref writer, signal.Body);
            Send(writer.CreateMessage());
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Notes that a message of this weight is about to be given, and that it must leave before the end.</summary>
    internal void Owe(long weight) => Raise(ref _owed, Interlocked.Add(ref _given, weight));

    /// <summary>
    /// Waits until the bus has read nearly everything that was given; see <see cref="UnreadAtMost"/>. While other messages leave without
    /// a pause there is no room; each of our methods that carry descriptors is called by a program that does nothing else meanwhile.
    /// </summary>
    /// <exception cref="DBusException">There is no room within the limit, or the connection has ended.</exception>
    internal async Task MakeRoomAsync(CancellationToken cancel)
    {
        if (HasRoom())
        {
            return;
        }

        using var deadline = new CancellationTokenSource(RoomLimit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            while (!HasRoom())
            {
                await SharedPingAsync().WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new DBusException(BusErrors.LimitsExceeded, "The bus is too busy to take descriptors; try again later.");
        }
    }

    /// <summary>Waits until replies and signals have left. A bus that does not read them within the limit is left all the same.</summary>
    internal async Task FlushAsync()
    {
        if (Volatile.Read(ref _owed) > Volatile.Read(ref _read))
        {
            try
            {
                await PingAsync().WaitAsync(FlushLimit, _clock);
            }
            catch (Exception gone) when (gone is DBusException or TimeoutException)
            {
                // The bus has lost interest in us.
            }
        }
    }

    /// <summary>Hears every signal that the bus sends us, in the library's loop. Which ones it sends is the match rules' matter.</summary>
    internal async Task ListenAsync(Action<Message> heard)
    {
        try
        {
            await _connection.AddMatchAsync(
                new Tmds.DBus.Protocol.MatchRule { Type = MessageType.Signal },
                static (message, state) =>
                {
                    ((Action<Message>)state!)(message);
                    return true;
                },
                static (Notification<bool> _) => { },
                emitOnCapturedContext: false,
                ObserverFlags.NoSubscribe,
                heard);
        }
        catch (Exception failed) when (failed is not DBusException)
        {
            throw Translated(failed);
        }
    }

    /// <summary>Gives all calls that arrive to a handler.</summary>
    internal void Serve(IPathMethodHandler handler)
    {
        try
        {
            _connection.AddMethodHandler(handler);
        }
        catch (Exception failed) when (failed is not DBusException)
        {
            throw Translated(failed);
        }
    }

    public void Dispose() => _connection.Dispose();

    internal static string? SignatureOf(BusBody body) => body.Count == 0 ? null : body.Signature;

    private bool HasRoom() => Volatile.Read(ref _given) - Volatile.Read(ref _read) <= UnreadAtMost;

    private async Task<T> SendAsync<T>(BusCall call, MessageValueReader<T> read, object? state)
    {
        try
        {
            var sending = _connection.CallMethodAsync(Build(call, expectsReply: true, out var mark), read, state);
            return await AnsweredAsync(sending, mark);
        }
        catch (Exception failed) when (failed is not DBusException)
        {
            throw Translated(failed);
        }
    }

    /// <summary>The descriptors are duplicated before anything is waited for: a caller that gives up closes its own.</summary>
    private async Task<T> CallWithFdsAsync<T>(BusCall call, MessageValueReader<T> read, object? state, CancellationToken cancel)
    {
        try
        {
            using var body = call.Body.Copy();
            await MakeRoomAsync(cancel);
            cancel.ThrowIfCancellationRequested();
            return await SendAsync(call with { Body = body }, read, state);
        }
        catch (Exception failed) when (failed is not (DBusException or OperationCanceledException))
        {
            throw Translated(failed);
        }
    }

    private async Task<T> AnsweredAsync<T>(Task<T> sending, long mark)
    {
        try
        {
            return await sending;
        }
        catch (DBusErrorReplyException error)
        {
            throw new DBusException(error.ErrorName, error.ErrorMessage == error.ErrorName ? "no reason was given" : error.ErrorMessage);
        }
        finally
        {
            // The bus reads in order: what answers this call has read all that was given before it.
            Raise(ref _read, mark);
        }
    }

    private MessageBuffer Build(BusCall call, bool expectsReply, out long mark)
    {
        BusSyntax.CheckDestination(call.Destination);
        BusSyntax.Check(call.Path, call.Interface, call.Member);
        BodyWriter.Check(call.Body);
        var flags = (call.MayActivate ? MessageFlags.None : MessageFlags.NoAutoStart)
            | (expectsReply ? MessageFlags.None : MessageFlags.NoReplyExpected);
        var writer = _connection.GetMessageWriter();
        try
        {
            writer.WriteMethodCallHeader(call.Destination, call.Path, call.Interface, call.Member, SignatureOf(call.Body), flags);
            BodyWriter.Write(ref writer, call.Body);
            mark = Interlocked.Add(ref _given, BodyWriter.Weigh(call.Body));
            return writer.CreateMessage();
        }
        finally
        {
            writer.Dispose();
        }
    }

    private void Send(MessageBuffer message)
    {
        try
        {
            _connection.TrySendMessage(message);
        }
        catch (ObjectDisposedException)
        {
            // Given after the end.
        }
    }

    /// <summary>One at a time, however many wait, so that the questions themselves do not fill the buffer.</summary>
    private Task SharedPingAsync()
    {
        lock (_gate)
        {
            return _ping is { IsCompleted: false } running ? running : _ping = PingAsync();
        }
    }

    private Task<bool> PingAsync() => SendAsync(DriverCall("GetId", BusBody.Empty), static (_, _) => true, null);

    private async Task<DBusException?> EndAsync() =>
        await _connection.DisconnectedAsync() is { } cause
            ? new DBusException(BusErrors.Disconnected, $"The bus ended the connection ({cause.Message}).", cause)
            : null;

    private static DBusException Translated(Exception failed) => failed switch
    {
        DBusConnectionException or ObjectDisposedException =>
            new DBusException(BusErrors.Disconnected, "The bus connection is closed.", failed),
        _ => new DBusException(BusErrors.Failed, $"The bus connection failed: {failed.Message}", failed),
    };

    private static DBusException NoServer(string address, Exception failed) => failed.InnerException is SocketException socket
        ? new DBusException(
            BusErrors.NoServer,
            $"There is no bus at '{address}' ({(Errno)socket.NativeErrorCode}).",
            new LinuxException((Errno)socket.NativeErrorCode, "connect", address))
        : new DBusException(BusErrors.NoServer, $"The bus at '{address}' does not take us: {failed.Message}", failed);

    private static void Raise(ref long place, long value)
    {
        for (var seen = Volatile.Read(ref place); seen < value;)
        {
            seen = Interlocked.CompareExchange(ref place, value, seen);
        }
    }
}
