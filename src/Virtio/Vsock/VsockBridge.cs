using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Packets;
using VmTools.Virtio.Vsock.Traffic;

namespace VmTools.Virtio.Vsock;

/// <summary>
/// All streams between one guest and the host: the heart of the device, without rings, sockets or threads of its own. It is
/// driven by events (a packet came, a host stream is ready, time passed, the guest stopped) and after each the owner calls
/// <see cref="Serve"/>, which sends what is now owed into the guest's rx buffers. Rx and Tx are the guest's: Rx goes into it.
/// <para>
/// The invariant that keeps both sides alive (virtio 1.2, section 5.10.6.1): <b>a tx packet is always taken, whatever rx does.</b> A
/// driver may stop taking rx packets while its own replies wait for a place on tx, as Linux does, and it replies to our replies: a
/// RESPONSE for a socket that is closed by then is answered by a reset. If we stopped taking tx packets for want of rx buffers, each side
/// would wait for the other for ever. So nothing that a tx packet can cause waits for room: a reply is a flag on a connection of the
/// bounded table, a reset of no connection has a place for which the oldest one is given up, payload has the space that was promised for
/// it, and a request that finds no place is refused. What waits for rx buffers waits with a deadline and without holding tx.
/// </para>
/// </summary>
internal sealed class VsockBridge
{
    private readonly ConnectionTable _table;
    private readonly ConnectionDeadlines _deadlines;
    private readonly ConnectionLife _life;
    private readonly MirroredResets _mirrored;
    private readonly HostBoundFlow _hostBound;
    private readonly GuestBoundFlow _guestBound;
    private readonly RxSender _sender;
    private readonly GuestPackets _packets;
    private readonly IVsockObserver _observer;
    private bool _running;

    /// <summary>Joins one guest with the host programs. <paramref name="milliseconds"/> is a clock that only goes forward.</summary>
    public VsockBridge(
        ulong guestCid,
        IGuestReceiver receiver,
        IHostPrograms programs,
        IVsockObserver observer,
        Func<long> milliseconds,
        VsockLimits limits)
    {
        var packets = new RxPackets(guestCid, receiver);
        _observer = observer;
        _table = new ConnectionTable(limits, HostReported);
        _deadlines = new ConnectionDeadlines(_table, milliseconds);
        _life = new ConnectionLife(_table, _deadlines, limits);
        _mirrored = new MirroredResets(guestCid, limits.MirroredResets, observer);
        _hostBound = new HostBoundFlow(_life);
        _guestBound = new GuestBoundFlow(packets, _life, _hostBound, _deadlines, limits);
        _sender = new RxSender(packets, _table, _mirrored, _life, _guestBound);
        _packets = new GuestPackets(
            guestCid, _table, _mirrored, programs, new ConnectionPackets(_life, _hostBound, _guestBound, observer));
    }

    /// <summary>Runs after each report of a host stream: the owner serves the guest then.</summary>
    public Action? HostMoved { get; init; }

    public ConnectionTable Table => _table;

    /// <summary>When <see cref="Elapse"/> is next worth calling, on the clock given.</summary>
    public long NextDeadline => _deadlines.Next;

    /// <summary>A packet from the guest, its length checked against its memory. There is always room for what it causes.</summary>
    public void Receive(in VsockHeader header, IGuestPayload payload) => _packets.Receive(header, payload);

    public void ReceiveMalformed(in VsockHeader header) => _packets.Malformed(header);

    /// <summary>A host program asks for a port of the guest; null when there is no room. The stream belongs to the bridge then.</summary>
    public VsockConnection? OpenToGuest(uint guestPort, IHostStream host)
    {
        if (_table.IsFull)
        {
            _observer.Happened(VsockIncident.TableFull, new ConnectionKey(0, guestPort));
            return null;
        }

        var connection = _table.AddOpenedByHost(guestPort, host);
        _life.AwaitGuest(connection);
        return connection;
    }

    /// <summary>A host stream reports that something changed.</summary>
    public void HostReady(VsockConnection connection, HostReadiness what)
    {
        if (!connection.State.HasHost())
        {
            return;
        }

        if (what.HasFlag(HostReadiness.Readable))
        {
            _guestBound.HostReadable(connection);
        }

        if (what.HasFlag(HostReadiness.Writable) && connection.HostBound.State == HostBoundState.Blocked)
        {
            _hostBound.HostWritable(connection);
        }

        if (what.HasFlag(HostReadiness.HungUp) && connection.State.HasHost())
        {
            HostHungUp(connection);
        }
    }

    /// <summary>Sends what is owed to the guest. Call it after every event; <see cref="ServeOutcome"/> says what to wait for.</summary>
    public ServeOutcome Serve(int budget) => _running ? _sender.Serve(budget) : ServeOutcome.Idle;

    /// <summary>Handles every deadline that has passed.</summary>
    public void Elapse()
    {
        while (_deadlines.TakeDue() is { } connection)
        {
            Expire(connection);
        }
    }

    /// <summary>The guest takes packets again, or for the first time.</summary>
    public void Resume()
    {
        _deadlines.Resume();
        _running = true;
    }

    /// <summary>The guest takes no packets. Host data waits in its sockets, and time stands still for what the guest should do.</summary>
    public void Stop()
    {
        _deadlines.Stop();
        _running = false;
    }

    /// <summary>A new driver knows nothing of what was: only requests it has not seen yet survive.</summary>
    public void Restart()
    {
        _mirrored.Clear();
        RemoveWhere(static connection => !connection.IsBeforeGuest);
    }

    /// <summary>The guest is gone for good.</summary>
    public void Close()
    {
        _mirrored.Clear();
        RemoveWhere(static _ => true);
    }

    private void HostReported(VsockConnection connection, HostReadiness what)
    {
        HostReady(connection, what);
        HostMoved?.Invoke();
    }

    private void HostHungUp(VsockConnection connection)
    {
        switch (connection.State)
        {
            case ConnectionState.RequestOwed:
                _life.Remove(connection);
                break;
            case ConnectionState.RequestSent:
                _life.Reset(connection);
                break;
            case ConnectionState.ResponseOwed:
                // The guest has its RESPONSE first, and then what the program wrote and the end.
                connection.HostBound.Happened(HostBoundEvent.HostDied);
                break;
            case ConnectionState.Open:
                // What it wrote before leaving is still to be read, and then its end.
                _guestBound.HostReadable(connection);
                _hostBound.HostWriteDied(connection);
                break;
            case ConnectionState.Draining:
            case ConnectionState.Abandoned:
                _hostBound.HostWriteDied(connection);
                break;
            case ConnectionState.Closing:
            case ConnectionState.Resetting:
            case ConnectionState.Gone:
            default:
                break;
        }
    }

    private void Expire(VsockConnection connection)
    {
        switch (connection.State)
        {
            case ConnectionState.RequestOwed:
                _life.Remove(connection);
                break;
            case ConnectionState.Resetting:
                _life.Remove(connection);
                _mirrored.Inherit(connection.Key);
                break;
            case ConnectionState.RequestSent:
            case ConnectionState.ResponseOwed:
            case ConnectionState.Closing:
                _life.Reset(connection);
                break;
            case ConnectionState.Draining:
            case ConnectionState.Abandoned:
                _observer.Happened(VsockIncident.DrainTimeout, connection.Key);
                _life.FinishDraining(connection);
                break;
            case ConnectionState.Open:
                _guestBound.PollCredit(connection);
                break;
            case ConnectionState.Gone:
            default:
                throw new InvalidOperationException($"A connection that is {connection.State} has no deadline.");
        }
    }

    private void RemoveWhere(Func<VsockConnection, bool> which)
    {
        for (var slot = 0; slot < _table.Slots; slot++)
        {
            if (_table.At(slot) is { } connection && which(connection))
            {
                _life.Remove(connection);
            }
        }
    }
}
