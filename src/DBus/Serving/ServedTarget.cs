using Tmds.DBus.Protocol;
using VmTools.DBus.Link;

namespace VmTools.DBus.Serving;

/// <summary>
/// A served object and the calls of it that are being handled. A call is read and judged against the limits in the library's loop, waits
/// until its caller's uid is known, and is handled on the pool.
/// </summary>
internal sealed class ServedTarget(BusLink link, CallerUids callers, ServedObject served) : IDisposable
{
    private readonly Dictionary<(string Interface, string Member), ServedMethod> _methods = Index(served);
    private readonly Lock _gate = new();
    private readonly CallShares _waiting = new(served.Limits);
    private readonly CallShares _running = new(served.Limits);
    private readonly HashSet<ServedCall> _calls = [];
    private readonly CancellationTokenSource _ending = new();
    private bool _ended;

    internal ServedObject Served => served;

    /// <summary>A call of one of the object's own methods, in the library's loop.</summary>
    /// <exception cref="DBusException">The call is refused.</exception>
    internal void Receive(MethodContext context)
    {
        var method = MethodOf(context.Request);
        var call = new ServedCall(link, context, method, BodyReader.Read(context.Request, served.Limits));
        lock (_gate)
        {
            if (_ended || !_waiting.TryTake(call.Sender, call.Bytes))
            {
                call.Body.Dispose();
                throw _ended ? ShuttingDown() : TooMany();
            }
        }

        callers.WhenKnown(call.Sender, uid => Admit(call, uid));
    }

    /// <summary>Refuses new calls, cancels the handlers and waits until the last has ended.</summary>
    internal async Task EndAsync()
    {
        Task[] running;
        lock (_gate)
        {
            _ended = true;
            running = [.. _calls.Select(static call => call.Work)];
        }

        await _ending.CancelAsync();
        await Task.WhenAll(running);
    }

    public void Dispose() => _ending.Dispose();

    private static Dictionary<(string, string), ServedMethod> Index(ServedObject served) =>
        served.Interfaces
            .SelectMany(described => described.Methods, (described, method) => (described, method))
            .ToDictionary(pair => (pair.described.Name, pair.method.Member), pair => pair.method);

    private static DBusException ShuttingDown() => new(BusErrors.Failed, "The service is shutting down.");

    private static DBusException TooMany() =>
        new(BusErrors.LimitsExceeded, "Too many calls are waiting for their answers; try again later.");

    private ServedMethod MethodOf(Message message)
    {
        var (name, member) = (message.InterfaceAsString ?? "", message.MemberAsString ?? "");
        if (!_methods.TryGetValue((name, member), out var method))
        {
            throw new DBusException(BusErrors.UnknownMethod, $"There is no method {member} of interface '{name}' at {served.Path}.");
        }

        return message.SignatureAsString == method.In
            ? method
            : throw new DBusException(
                BusErrors.InvalidArgs, $"The arguments of {name}.{member} are '{message.SignatureAsString}' and should be '{method.In}'.");
    }

    /// <summary>The uid of a waiting call's sender is known, or will not be.</summary>
    private void Admit(ServedCall call, uint? uid)
    {
        DBusException? refused;
        lock (_gate)
        {
            _waiting.GiveBack(call.Sender, call.Bytes);
            refused = Judge(call, uid);
            if (refused is null)
            {
                var request = new BusRequest(call.Method.Member, new BusCaller(call.Sender, uid!.Value), call.Body);
                _calls.Add(call);
                call.Work = Task.Run(() => HandleAsync(call, request), CancellationToken.None);
            }
        }

        if (refused is not null)
        {
            call.Body.Dispose();
            call.Refuse(refused);
        }
    }

    /// <summary>Null when the call is to be handled; its share is taken then.</summary>
    private DBusException? Judge(ServedCall call, uint? uid) =>
        _ended ? ShuttingDown()
        : uid is not { } known ? new DBusException(BusErrors.AccessDenied, "The bus does not say which user calls.")
        : !served.Admits(new BusCaller(call.Sender, known))
            ? new DBusException(BusErrors.AccessDenied, $"Uid {known} may not use {served.Path}.")
        : _running.TryTake(call.Sender, call.Bytes) ? null
        : TooMany();

    private async Task HandleAsync(ServedCall call, BusRequest request)
    {
        try
        {
            await call.AnswerAsync(await call.Method.Handler(request, _ending.Token));
        }
        catch (DBusException answer)
        {
            call.Refuse(answer);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            call.Refuse(ShuttingDown());
        }
#pragma warning disable CA1031 // A defect of one handler must not end the daemon's other calls; it is reported and answered.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            served.HandlerFaulted?.Invoke(request.Member, defect);
            call.Refuse(new DBusException(BusErrors.Failed, $"{request.Member} failed; the service's log says why."));
        }
        finally
        {
            call.Body.Dispose();
            Forget(call);
        }
    }

    private void Forget(ServedCall call)
    {
        lock (_gate)
        {
            _calls.Remove(call);
            _running.GiveBack(call.Sender, call.Bytes);
        }
    }
}
