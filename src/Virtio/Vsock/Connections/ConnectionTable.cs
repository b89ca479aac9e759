using VmTools.Virtio.Vsock.Credit;
using VmTools.Virtio.Vsock.HostStreams;

namespace VmTools.Virtio.Vsock.Connections;

/// <summary>All connections of the guest, by slot and by key, with the names and the memory they hold.</summary>
internal sealed class ConnectionTable
{
    private readonly VsockLimits _limits;
    private readonly Action<VsockConnection, HostReadiness> _ready;
    private readonly VsockConnection?[] _slots;
    private readonly Stack<int> _free;
    private readonly Dictionary<ConnectionKey, VsockConnection> _byKey = [];

    /// <summary>An empty table. <paramref name="ready"/> hears what the host streams of its connections report.</summary>
    public ConnectionTable(VsockLimits limits, Action<VsockConnection, HostReadiness> ready)
    {
        _limits = limits;
        _ready = ready;
        _slots = new VsockConnection?[limits.Connections];
        _free = new Stack<int>(Enumerable.Range(0, limits.Connections).Reverse());
        Buffers = new BufferBudget(limits.BufferBytes, limits.Connections);
        Turns = new RxTurns(limits.Connections);
    }

    public PortAllocator Ports { get; } = new();

    public BufferBudget Buffers { get; }

    /// <summary>Which connections owe the guest packets.</summary>
    public RxTurns Turns { get; }

    public int Count => _slots.Length - _free.Count;

    public bool IsFull => _free.Count == 0;

    /// <summary>Whether the guest may open no more: the rest is kept for host programs.</summary>
    public bool IsFullForGuest => IsFull || OpenedByGuest >= _limits.Connections - _limits.KeptForHost;

    /// <summary>Connections that the guest asked for, those still closing included.</summary>
    public int OpenedByGuest { get; private set; }

    public int Slots => _slots.Length;

    public VsockConnection? At(int slot) => _slots[slot];

    public VsockConnection? Find(ConnectionKey key) => _byKey.GetValueOrDefault(key);

    public VsockConnection AddOpenedByHost(uint guestPort, IHostStream host) =>
        Add(new ConnectionKey(Ports.Take(), guestPort), host, openedByHost: true);

    public VsockConnection AddOpenedByGuest(ConnectionKey key, IHostStream host)
    {
        OpenedByGuest++;
        return Add(key, host, openedByHost: false);
    }

    /// <summary>Frees the name while the connection lives on: the guest may use it anew.</summary>
    public void Unmap(VsockConnection connection)
    {
        if (Find(connection.Key) == connection)
        {
            _byKey.Remove(connection.Key);
        }
    }

    public void Remove(VsockConnection connection)
    {
        Unmap(connection);
        _slots[connection.Slot] = null;
        _free.Push(connection.Slot);
        Buffers.Return((int)connection.HostBound.Window.BufferAllocated);
        if (connection.OpenedByHost)
        {
            Ports.Return(connection.Key.HostPort);
        }
        else
        {
            OpenedByGuest--;
        }
    }

    private VsockConnection Add(ConnectionKey key, IHostStream host, bool openedByHost)
    {
        var space = Buffers.Promise();
        var connection = new VsockConnection(key, _free.Pop(), host, openedByHost)
        {
            GuestBound = new GuestBoundHalf(new PeerCredit(_limits.BelievedPeerBuffer)),
            HostBound = new HostBoundHalf(new ReceiveWindow(space), new ByteRing(Buffers, space)),
        };
        _slots[connection.Slot] = connection;
        _byKey.Add(key, connection);
        host.Attach(what => _ready(connection, what));
        return connection;
    }
}
