using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;
using VmTools.Virtio.Rings;
using VmTools.Virtio.VhostUser;
using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Packets;
using VmTools.Virtio.Vsock.Traffic;

namespace VmTools.Virtio.Vsock;

/// <summary>
/// The vsock device of one guest (virtio 1.2, section 5.10): joins its rings, the bridge and the host's name space on one
/// loop. Rx (queue 0) goes into the guest, Tx (queue 1) comes out of it; the event queue is never needed.
/// </summary>
public sealed partial class VsockDevice : IVhostUserDevice, IDisposable
{
    private const int RxQueue = 0;
    private const int TxQueue = 1;

    /// <summary>How many packets go into the guest before other fds have their turn.</summary>
    private const int RxBudget = 256;

    /// <summary>How many packets of the guest are taken before their replies are sent.</summary>
    private const int TxBatch = 32;

    private readonly byte[] _config = new byte[sizeof(ulong)];
    private readonly EventLoop _loop;
    private readonly ILogger _log;
    private readonly VsockNameSpace _names;
    private readonly VsockBridge _bridge;
    private readonly GuestRxRing _receiver = new();
    private readonly GuestTxPacket _packet = new();
    private readonly GuestListener _listener;
    private readonly LoopTimer _timer;
    private readonly Action _serve;
    private SplitRing? _rx;
    private SplitRing? _tx;
    private long _armed = VsockConnection.Never;
    private bool _servePosted;
    private bool _notShared;

    /// <summary>
    /// Listens for host programs at once; <paramref name="features"/> beside VERSION_1 can be left out to measure without.
    /// </summary>
    public VsockDevice(VsockNameSpace names, EventLoop loop, ILogger log, VirtioFeatures features = VirtioFeatures.Offered)
        : this(names, loop, log, features, VsockLimits.Default)
    {
    }

    internal VsockDevice(VsockNameSpace names, EventLoop loop, ILogger log, VirtioFeatures features, VsockLimits limits)
    {
        _loop = loop;
        _log = log;
        _names = names;
        Features = features;
        BinaryPrimitives.WriteUInt64LittleEndian(_config, names.Cid);
        _bridge = new VsockBridge(
            names.Cid, _receiver, new HostDialler(names, loop), new IncidentLog(log, () => loop.Now), () => loop.Now, limits)
        {
            HostMoved = Serve,
        };
        _timer = loop.AddTimer(TimeCame);
        _serve = ServePosted;
        _listener = new GuestListener(
            UnixSocket.Listen(_names.GuestPath, GuestListener.Backlog, FileModes.OwnerReadsAndWrites), loop, HostAsks);
    }

    /// <summary>Runs when the front end has gone, after every connection was closed.</summary>
    public event Action? FrontEndLeft;

    public VirtioFeatures Features { get; }

    public int QueueCount => 3;

    public ReadOnlySpan<byte> Config => _config;

    /// <summary>Connections of the guest, those still closing included.</summary>
    public int ConnectionCount => _bridge.Table.Count;

    internal VsockBridge Bridge => _bridge;

    internal int Handshakes => _listener.Handshakes;

    public RingRules RulesOf(int queue) => queue switch
    {
        RxQueue => new RingRules(RingDirection.DeviceWrites, VsockHeader.Size + 1),
        TxQueue => new RingRules(RingDirection.DeviceReads, VsockHeader.Size),
        _ => new RingRules(RingDirection.DeviceWrites, sizeof(uint)),
    };

    public void QueueStarted(int queue, SplitRing ring, bool resumed)
    {
        _notShared = false;
        if (queue == RxQueue)
        {
            _rx = ring;
            _receiver.Start(ring);
        }
        else if (queue == TxQueue)
        {
            _tx = ring;
        }

        if (queue <= TxQueue && _rx is not null && _tx is not null)
        {
            LogRunning(resumed ? "goes on" : "is up");
            _bridge.Resume();
            Serve();
        }
    }

    public void QueueKicked(int queue)
    {
        if (queue == TxQueue)
        {
            TakeTx();
        }

        Serve();
    }

    public void QueueStopping(int queue)
    {
        if (queue == RxQueue)
        {
            _rx = null;
            _receiver.Stop();
        }
        else if (queue == TxQueue)
        {
            _tx = null;
        }
        else
        {
            return;
        }

        _bridge.Stop();
        Rearm();
    }

    public void QueueBroken(int queue)
    {
        QueueStopping(queue);
        _bridge.Close();
        Rearm();
    }

    public void DriverReset()
    {
        LogReset(_bridge.Table.Count);
        _bridge.Restart();
        Rearm();
    }

    public void GuestMemoryNotShared()
    {
        _notShared = true;
        LogNotShared();
        _bridge.Close();
        Rearm();
    }

    public void FrontEndGone()
    {
        _bridge.Close();
        Rearm();
        FrontEndLeft?.Invoke();
    }

    /// <summary>Closes every stream and removes the device's address.</summary>
    public void Dispose()
    {
        _timer.Clear();
        _listener.Dispose();
        _bridge.Close();
        File.Delete(_names.GuestPath);
    }

    /// <summary>
    /// Takes all that the guest sends, whether rx moves or not: the guest may take nothing from rx before we did
    /// (<see cref="VsockBridge"/>). Several rounds: replies go out in between, and the guest may add packets after the last look.
    /// </summary>
    private void TakeTx()
    {
        if (_tx is not { } tx)
        {
            return;
        }

        tx.DisableNotifications();
        do
        {
            for (var batch = 0; batch < TxBatch && tx.TryPop(out var chain); batch++)
            {
                Take(chain);
                tx.PushUsed(chain.Head, 0);
            }

            tx.Publish();
            ServeRx();
        }
        while (tx.EnableNotifications());
    }

    private void Take(in DescriptorChain chain)
    {
        if (!_packet.TryTake(chain, out var header, out var isWhole))
        {
            return;
        }

        if (isWhole)
        {
            _bridge.Receive(header, _packet);
        }
        else
        {
            _bridge.ReceiveMalformed(header);
        }
    }

    /// <summary>Sends what is owed and sets the timer; runs after each event.</summary>
    private void Serve()
    {
        ServeRx();
        Rearm();
    }

    private void ServeRx()
    {
        if (_rx is not { } rx)
        {
            return;
        }

        rx.DisableNotifications();
        long before;
        ServeOutcome outcome;
        do
        {
            before = _receiver.Sent;
            outcome = _bridge.Serve(RxBudget);
            rx.Publish();
        }
        while (outcome == ServeOutcome.NoBuffers && rx.EnableNotifications() && _receiver.Sent > before);

        if (outcome == ServeOutcome.More || (outcome == ServeOutcome.NoBuffers && rx.AvailableCount > 0))
        {
            PostServe();
        }
    }

    private void PostServe()
    {
        if (!_servePosted)
        {
            _servePosted = true;
            _loop.Post(_serve);
        }
    }

    private void ServePosted()
    {
        _servePosted = false;
        Serve();
    }

    private void HostAsks(uint guestPort, FdHandle socket)
    {
        var stream = new HostSocket(socket, _loop);
        if (_notShared || _bridge.OpenToGuest(guestPort, stream) is null)
        {
            if (_notShared)
            {
                LogRefusedNotShared(guestPort);
            }

            stream.Close();
            return;
        }

        Serve();
    }

    private void TimeCame()
    {
        _armed = VsockConnection.Never;
        _bridge.Elapse();
        Serve();
    }

    /// <summary>Keeps the timer no later than the next deadline. A timer that became too early fires once and is set anew.</summary>
    private void Rearm()
    {
        var next = _bridge.NextDeadline;
        if (next < _armed)
        {
            _armed = next;
            _timer.Set(TimeSpan.FromMilliseconds(Math.Max(1, next - _loop.Now)));
        }
    }

    [LoggerMessage(200, LogLevel.Information, "The guest's vsock driver {What}.")]
    private partial void LogRunning(string what);

    [LoggerMessage(201, LogLevel.Information, "The guest's vsock driver starts anew; {Connections} connections of the old one are closed.")]
    private partial void LogReset(int connections);

    [LoggerMessage(202, LogLevel.Error, "guest memory is not shared: start the VMM with share=on")]
    private partial void LogNotShared();

    [LoggerMessage(203, LogLevel.Warning, "A connection to port {Port} is refused: guest memory is not shared.")]
    private partial void LogRefusedNotShared(uint port);
}
