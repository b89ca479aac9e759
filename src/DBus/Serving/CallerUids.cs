using VmTools.DBus.Link;

namespace VmTools.DBus.Serving;

/// <summary>
/// Which user made a call. The bus learnt it from the kernel when the caller connected, and is asked once for each unique name
/// (GetConnectionUnixUser in the D-Bus specification); no unique name is used twice in the life of a bus. What was learnt is dropped when
/// the caller leaves.
/// </summary>
internal sealed class CallerUids
{
    /// <summary>So many callers are remembered. Each takes one of the 512 match rules that the reference bus allows a connection.</summary>
    internal const int Capacity = 256;

    /// <summary>The bus answers by itself, at once.</summary>
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(5);

    private readonly BusLink _link;
    private readonly SignalDelivery _signals;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Caller> _callers = new(StringComparer.Ordinal);

    internal CallerUids(BusLink link, SignalDelivery signals, TimeProvider clock)
    {
        _link = link;
        _signals = signals;
        _clock = clock;
        signals.Left = Forget;
    }

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _callers.Count;
            }
        }
    }

    /// <summary>
    /// Runs the work with the caller's uid: at once where it is known, else when the bus has said it, and with null where the bus does not.
    /// Works of one caller run in the order in which they were given. They run under a lock, and must be brief.
    /// </summary>
    internal void WhenKnown(string name, Action<uint?> work)
    {
        Caller? caller;
        lock (_gate)
        {
            if (_callers.TryGetValue(name, out caller))
            {
                caller.Give(work);
                return;
            }

            if (_callers.Count >= Capacity)
            {
                ForgetKnown();
            }

            _callers.Add(name, caller = new Caller());
            caller.Give(work);
        }

        _ = AskAsync(name, caller);
    }

    private async Task AskAsync(string name, Caller caller)
    {
        uint? uid = null;
        try
        {
            _signals.Post("AddMatch", Departure(name));
            uid = await _link.CallAsync(
                BusLink.DriverCall("GetConnectionUnixUser", BusBody.Of(name)),
                static (message, _) => message.GetBodyReader().ReadUInt32(),
                null,
                CancellationToken.None).WaitAsync(AskLimit, _clock);
        }
        catch (Exception unknown) when (unknown is DBusException or TimeoutException)
        {
            // The caller has gone since, or the bus has.
        }

        lock (_gate)
        {
            caller.Learn(uid);
            if (uid is null && _callers.GetValueOrDefault(name) == caller)
            {
                Drop(name);
            }
        }
    }

    private void Forget(string name)
    {
        lock (_gate)
        {
            if (_callers.ContainsKey(name))
            {
                Drop(name);
            }
        }
    }

    private void ForgetKnown()
    {
        foreach (var (name, _) in _callers.Where(static pair => pair.Value.IsKnown).ToArray())
        {
            Drop(name);
        }
    }

    private void Drop(string name)
    {
        _callers.Remove(name);
        _signals.Post("RemoveMatch", Departure(name));
    }

    private static MatchRule Departure(string name) =>
        new() { Sender = BusLink.Driver, Interface = BusLink.Driver, Member = "NameOwnerChanged", FirstArgument = name };

    /// <summary>One caller, and the works that wait for its uid.</summary>
    private sealed class Caller
    {
        private readonly Queue<Action<uint?>> _waiting = new();
        private uint? _uid;

        internal bool IsKnown { get; private set; }

        internal void Give(Action<uint?> work)
        {
            if (IsKnown)
            {
                work(_uid);
            }
            else
            {
                _waiting.Enqueue(work);
            }
        }

        internal void Learn(uint? uid)
        {
            _uid = uid;
            IsKnown = true;
            while (_waiting.TryDequeue(out var work))
            {
                work(uid);
            }
        }
    }
}
