using System.Collections.Concurrent;

namespace VmTools.DBus.Native;

/// <summary>
/// A served object: its interfaces' tables at sd-bus and the calls being handled. A call is read, judged against the
/// limits and the caller's uid on the bus thread; its handler runs on the pool; the answer leaves from the bus thread.
/// </summary>
internal sealed class ServedTarget(BusThread thread, ServedObject served) : IBusTarget, IDisposable
{
    /// <summary>Unique names are never used twice in the life of a bus, so what was learnt about one stays true.</summary>
    private const int KnownCallers = 256;

    /// <summary>sd-bus goes on looking for another handler when it gets 0, and then says the method is unknown.</summary>
    private const int Handled = 1;

    private readonly Dictionary<(string Interface, string Member), ServedMethod> _methods = Index(served);
    private readonly Dictionary<string, uint> _uids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _callsOf = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ServedCall, bool> _calls = [];
    private readonly List<VtableMemory> _tables = [];
    private readonly List<nint> _slots = [];
    private readonly CancellationTokenSource _ending = new();
    private int _held;
    private long _bytes;
    private bool _ended;
    private nint _id;

    /// <summary>Puts the object on the bus, from a task.</summary>
    internal Task AddAsync()
    {
        var added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        thread.Post(bus =>
        {
            try
            {
                Add(bus);
                added.SetResult();
            }
            catch (IOException refused)
            {
                added.SetException(refused);
            }
        });
        return added.Task;
    }

    /// <summary>Refuses new calls, cancels the handlers and waits until the last has ended.</summary>
    internal async Task EndAsync()
    {
        var running = new TaskCompletionSource<Task[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        thread.Post(_ =>
        {
            _ended = true;
            running.SetResult([.. _calls.Keys.Select(call => call.Work)]);
        });
        await _ending.CancelAsync();
        await Task.WhenAll(await running.Task);
    }

    public int Received(nint message)
    {
        BusBody? body = null;
        try
        {
            if (_ended)
            {
                throw ShuttingDown();
            }

            var caller = CallerOf(message);
            if (!served.Admits(caller))
            {
                throw new DBusException(BusErrors.AccessDenied, $"Uid {caller.Uid} may not use {served.Path}.");
            }

            body = MessageReader.Read(message, served.Limits);
            var call = Take(message, caller, body);
            body = null;
            call.Work = Task.Run(() => HandleAsync(call), CancellationToken.None);
        }
        catch (DBusException refused)
        {
            MessageReply.SendError(message, refused);
        }
        finally
        {
            body?.Dispose();
        }

        return Handled;
    }

    public void Closed(DBusException why)
    {
        _ended = true;
        foreach (var call in _calls.Keys)
        {
            Forget(call);
        }

        foreach (var slot in _slots)
        {
            SdBus.SlotUnref(slot);
        }

        _tables.ForEach(table => table.Dispose());
        _ = _ending.CancelAsync();
    }

    public void Dispose() => _ending.Dispose();

    private static DBusException ShuttingDown() => new(BusErrors.Failed, "The service is shutting down.");

    private static Dictionary<(string, string), ServedMethod> Index(ServedObject served) =>
        served.Interfaces
            .SelectMany(described => described.Methods, (described, method) => (described, method))
            .ToDictionary(pair => (pair.described.Name, pair.method.Member), pair => pair.method);

    private unsafe void Add(nint bus)
    {
        if (bus == 0)
        {
            throw new DBusException(BusErrors.Disconnected, "The bus connection is closed.");
        }

        _id = thread.Register(this);
        foreach (var described in served.Interfaces)
        {
            var table = new VtableMemory(described, BusThread.Callback);
            _tables.Add(table);
            SdBusCheck.Result(
                SdBus.AddObjectVtable(bus, out var slot, served.Path, described.Name, table.Address, _id),
                $"serve {described.Name} at {served.Path}");
            _slots.Add(slot);
        }
    }

    private unsafe BusCaller CallerOf(nint message)
    {
        var name = Utf8Text.From(SdBusMessage.GetSender(message)) ?? "";
        if (!_uids.TryGetValue(name, out var uid))
        {
            uid = AskUid(message);
            if (_uids.Count >= KnownCallers)
            {
                _uids.Clear();
            }

            _uids.Add(name, uid);
        }

        return new BusCaller(name, uid);
    }

    /// <summary>Asks the bus, which answers at once; a caller who has gone since cannot be vouched for.</summary>
    private static uint AskUid(nint message)
    {
        if (SdBus.QuerySenderCredentials(message, SdBus.CredentialEffectiveUid, out var credentials) < 0)
        {
            throw new DBusException(BusErrors.AccessDenied, "The bus does not know who calls.");
        }

        try
        {
            return SdBus.CredentialsGetEffectiveUid(credentials, out var uid) >= 0
                ? uid
                : throw new DBusException(BusErrors.AccessDenied, "The bus does not say which user calls.");
        }
        finally
        {
            SdBus.CredentialsUnref(credentials);
        }
    }

    private unsafe ServedCall Take(nint message, BusCaller caller, BusBody body)
    {
        var bytes = body.Values.Sum(static value => value is ReadOnlyMemory<byte> array ? array.Length : value is string text ? text.Length : 16L);
        var ofCaller = _callsOf.GetValueOrDefault(caller.UniqueName);
        if (_held >= served.Limits.Calls || ofCaller >= served.Limits.CallsPerCaller || _bytes + bytes > served.Limits.TotalBytes)
        {
            throw new DBusException(BusErrors.LimitsExceeded, "Too many calls are waiting for their answers; try again later.");
        }

        var member = Utf8Text.From(SdBusMessage.GetMember(message)) ?? "";
        var call = new ServedCall(SdBusMessage.Ref(message), new BusRequest(member, caller, body), bytes)
        {
            Method = _methods[(Utf8Text.From(SdBusMessage.GetInterface(message)) ?? "", member)],
        };
        _callsOf[caller.UniqueName] = ofCaller + 1;
        _held++;
        _bytes += bytes;
        _calls[call] = true;
        return call;
    }

    private async Task HandleAsync(ServedCall call)
    {
        var answer = await AnswerAsync(call);
        call.Request.Body.Dispose();
        thread.Post(bus =>
        {
            using (answer.Body)
            {
                if (bus != 0 && call.Message != 0)
                {
                    MessageReply.Send(call.Message, call.Method.Out, answer);
                    Forget(call);
                }
            }

            _calls.TryRemove(call, out var _);
        });
    }

    private async Task<ServedAnswer> AnswerAsync(ServedCall call)
    {
        try
        {
            return new ServedAnswer(await call.Method.Handler(call.Request, _ending.Token), null);
        }
        catch (DBusException answer)
        {
            return new ServedAnswer(null, answer);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            return new ServedAnswer(null, ShuttingDown());
        }
#pragma warning disable CA1031 // A defect of one handler must not end the daemon's other calls; it is reported and answered.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            served.HandlerFaulted?.Invoke(call.Request.Member, defect);
            return new ServedAnswer(null, new DBusException(BusErrors.Failed, $"{call.Request.Member} failed; the service's log says why."));
        }
    }

    /// <summary>Gives back what a call holds, once. Bus thread only.</summary>
    private void Forget(ServedCall call)
    {
        if (call.Message == 0)
        {
            return;
        }

        SdBusMessage.Unref(call.Message);
        call.Message = 0;
        _held--;
        _bytes -= call.Bytes;
        var name = call.Request.Caller.UniqueName;
        if (--_callsOf[name] == 0)
        {
            _callsOf.Remove(name);
        }
    }
}
