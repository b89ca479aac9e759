using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Unit.Virtio.Vsock.Device;

/// <summary>
/// A guest on real rings: a driver that keeps rx full and kicks only when it is asked to, and a kernel with stream sockets and
/// credit. As Linux does, it takes nothing from rx while as many of its replies as the ring has entries wait for tx. It serves echo on
/// 1000, a sink that answers the count on 1001, an endless source on 1002, and on 1003 one that never reads.
/// </summary>
internal sealed class RingGuest
{
    public const uint Echo = 1000;
    public const uint Sink = 1001;
    public const uint Source = 1002;
    public const uint Deaf = 1003;
    private const int BufferSize = 3776;
    private const int MaxPayload = 4096;

    private readonly DriverRing _rx;
    private readonly DriverRing _tx;
    private readonly Dictionary<uint, DriverBuffer[]> _rxBuffers = [];
    private readonly Dictionary<ConnectionKey, GuestSocket> _sockets = [];
    private readonly Queue<(VsockHeader Header, byte[] Payload, bool IsReply)> _waiting = new();
    private readonly bool _splitBuffers;
    private int _onTx;
    private int _waitingReplies;
    private uint _nextPort = 40000;

    public RingGuest(GuestRam ram, bool eventIndex, bool splitBuffers)
    {
        _rx = new DriverRing(ram, 128, eventIndex, firstPage: 1, pages: 180);
        _tx = new DriverRing(ram, 256, eventIndex, firstPage: 200, pages: 400);
        _splitBuffers = splitBuffers;
    }

    public DriverRing Rx => _rx;

    public DriverRing Tx => _tx;

    /// <summary>Rx buffers are given back only while this holds: a guest out of memory, or stopped.</summary>
    public bool TakesPackets { get; set; } = true;

    public int OpenSockets => _sockets.Count;

    /// <summary>Packets that the device has not taken.</summary>
    public int Unsent => _waiting.Count + _onTx;

    public required Action<int> Kick { get; init; }

    /// <summary>A new driver: rings and sockets begin anew.</summary>
    public void Boot()
    {
        _sockets.Clear();
        _waiting.Clear();
        _rxBuffers.Clear();
        _rx.Reset();
        _tx.Reset();
        (_onTx, _waitingReplies) = (0, 0);
        for (var i = 0; i < _rx.Size / 2; i++)
        {
            OfferRx();
        }
    }

    /// <summary>A raw packet, as no kernel would send it.</summary>
    public void SendRaw(in VsockHeader header, byte[] payload) => _waiting.Enqueue((header, payload, false));

    /// <summary>Programs connect to the host's port and close before there is an answer.</summary>
    public void Flood(uint hostPort, int count)
    {
        while (count-- > 0)
        {
            SendRaw(Bench.Packet(VsockOperation.Request, _nextPort++, hostPort), []);
        }
    }

    public GuestSocket Dial(uint hostPort)
    {
        var socket = new GuestSocket(hostPort, _nextPort++);
        _sockets[new ConnectionKey(hostPort, socket.GuestPort)] = socket;
        Send(socket, VsockOperation.Request, []);
        return socket;
    }

    /// <summary>One round of interrupts, programs and transmissions; true while there was something to do.</summary>
    public bool Run()
    {
        var did = false;
        while (TakesPackets && _waitingReplies < _rx.Size && _rx.TryTakeUsed(out var head, out var written))
        {
            Receive(head, written);
            did = true;
        }

        foreach (var socket in _sockets.Values.ToList())
        {
            RunProgram(socket);
            did |= Transmit(socket);
        }

        return Flush() || did;
    }

    private void OfferRx()
    {
        DriverBuffer[] buffers = _splitBuffers
            ? [_rx.Writable(VsockHeader.Size), _rx.Writable(BufferSize - VsockHeader.Size)]
            : [_rx.Writable(BufferSize)];
        _rxBuffers[_rx.OfferChain(buffers)] = buffers;
    }

    private void Receive(uint head, uint written)
    {
        var buffers = _rxBuffers[head];
        var bytes = buffers.SelectMany(buffer => _rx.At(buffer.Address, (int)buffer.Length).ToArray()).Take((int)written).ToArray();
        if (!VsockHeader.TryRead(bytes, out var header) || header.Length + VsockHeader.Size != written)
        {
            throw new InvalidOperationException($"{written} bytes came for a header of {header}.");
        }

        Receive(header, bytes[VsockHeader.Size..]);

        // Its descriptors are still what they were: the same memory goes back.
        if (_rx.Offer((int)head))
        {
            Kick(0);
        }
    }

    private void Receive(in VsockHeader header, byte[] payload)
    {
        var key = new ConnectionKey(header.SourcePort, header.DestinationPort);
        if (header.Operation == VsockOperation.Request)
        {
            Accept(header, key);
            return;
        }

        if (!_sockets.TryGetValue(key, out var socket))
        {
            if (header.Operation != VsockOperation.Reset)
            {
                Reply(header.MirroredReset());
            }

            return;
        }

        socket.PeerSpace = header.BufferAllocated;
        socket.PeerForwarded = header.ForwardCount;
        switch (header.Operation)
        {
            case VsockOperation.Response:
                socket.IsOpen = true;
                break;
            case VsockOperation.ReadWrite:
                socket.Received.Write(payload);
                break;
            case VsockOperation.CreditRequest:
                Send(socket, VsockOperation.CreditUpdate, []);
                break;
            case VsockOperation.Shutdown:
                Ended(socket, (ShutdownFlags)header.Flags);
                break;
            case VsockOperation.Reset:
                socket.IsRefused = !socket.IsOpen;
                _sockets.Remove(key);
                break;
            default:
                break;
        }
    }

    private void Accept(in VsockHeader header, ConnectionKey key)
    {
        if (header.DestinationPort is < Echo or > Deaf)
        {
            Reply(header.MirroredReset());
            return;
        }

        var socket = new GuestSocket(key.HostPort, key.GuestPort)
        {
            Service = header.DestinationPort,
            IsOpen = true,
            PeerSpace = header.BufferAllocated,
        };
        _sockets[key] = socket;
        Send(socket, VsockOperation.Response, []);
    }

    private void Ended(GuestSocket socket, ShutdownFlags flags)
    {
        socket.HostEnded |= flags.HasFlag(ShutdownFlags.Send);
        if (flags == ShutdownFlags.Both)
        {
            Send(socket, VsockOperation.Reset, []);
            _sockets.Remove(new ConnectionKey(socket.HostPort, socket.GuestPort));
        }
    }

    private void RunProgram(GuestSocket socket)
    {
        if (socket.Service == Deaf || !socket.IsOpen)
        {
            return;
        }

        if (socket.Service == Source && socket.ToSend.Count < 65536)
        {
            socket.ToSend.Write(new byte[65536]);
        }

        if (socket.Service == Echo && socket.ToSend.Count > 65536)
        {
            // Its write blocks, so it reads no more.
            return;
        }

        var bytes = socket.Received.ReadAll();
        socket.Forwarded += (uint)bytes.Length;
        socket.Total += bytes.Length;
        if (socket.Service is Echo or 0 && !socket.EndWhenSent)
        {
            socket.ToSend.Write(bytes);
        }

        if (socket.HostEnded && !socket.CloseWhenSent && !socket.SaidClose)
        {
            if (socket.Service == Sink)
            {
                socket.ToSend.Write(BitConverter.GetBytes(socket.Total));
            }

            socket.CloseWhenSent = true;
        }

        if (socket.Forwarded - socket.Told > GuestSocket.Space - 65536)
        {
            Send(socket, VsockOperation.CreditUpdate, []);
        }
    }

    private bool Transmit(GuestSocket socket)
    {
        var did = false;
        while (socket.IsOpen && socket.ToSend.Count > 0 && socket.Credit > 0 && _onTx + _waiting.Count < _tx.Size / 2)
        {
            var bytes = socket.ToSend.Read(Math.Min(socket.Credit, MaxPayload)).ToArray();
            socket.Sent += (uint)bytes.Length;
            Send(socket, VsockOperation.ReadWrite, bytes);
            did = true;
        }

        if (socket.ToSend.Count == 0 && socket.CloseWhenSent && !socket.SaidClose)
        {
            socket.SaidClose = true;
            Send(socket, VsockOperation.Shutdown, [], (uint)ShutdownFlags.Both);
        }
        else if (socket.ToSend.Count == 0 && socket.EndWhenSent && !socket.SaidEnd)
        {
            socket.SaidEnd = true;
            Send(socket, VsockOperation.Shutdown, [], (uint)ShutdownFlags.Send);
        }

        return did;
    }

    private void Send(GuestSocket socket, VsockOperation operation, byte[] payload, uint flags = 0)
    {
        socket.Told = socket.Forwarded;
        var header = Bench.Packet(operation, socket.GuestPort, socket.HostPort) with
        {
            Length = (uint)payload.Length,
            Flags = flags,
            BufferAllocated = GuestSocket.Space,
            ForwardCount = socket.Forwarded,
        };
        if (operation == VsockOperation.Response)
        {
            Reply(header);
            return;
        }

        _waiting.Enqueue((header, payload, false));
    }

    private void Reply(in VsockHeader header)
    {
        _waiting.Enqueue((header, [], true));
        _waitingReplies++;
    }

    private bool Flush()
    {
        while (_tx.TryTakeUsed(out _, out _))
        {
            _onTx--;
        }

        var kick = false;
        var any = false;
        Span<byte> header = stackalloc byte[VsockHeader.Size];
        while (_onTx < _tx.Size / 4 && _waiting.TryDequeue(out var packet))
        {
            var before = _tx.AvailableIndex;
            packet.Header.Write(header);
            _tx.OfferIndirect(
                [], packet.Payload.Length > 0 ? [_tx.Readable(header), _tx.Readable(packet.Payload)] : [_tx.Readable(header)]);
            _onTx++;
            _waitingReplies -= packet.IsReply ? 1 : 0;
            any = true;
            kick |= _tx.EventIndex ? _tx.AvailableEvent == before : (_tx.UsedFlags & 1) == 0;
        }

        if (kick)
        {
            Kick(1);
        }

        return any;
    }
}
