using VmTools.Unit.Virtio.Vsock.Packets;
using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Unit.Virtio.Vsock.Model;

/// <summary>
/// The guest's kernel, as Linux does it: queues of its own in both directions, credit, closing and resets. Its driver sends in order,
/// through a small tx ring; while as many of its replies as the rx ring has buffers wait for a place there, it takes nothing from rx,
/// and a buffer is offered anew only after it was taken.
/// </summary>
internal sealed class ModelGuest(FakeReceiver receiver)
{
    /// <summary>Entries of each ring.</summary>
    public const int RingSize = 16;

    private readonly Dictionary<ConnectionKey, ModelStream> _streams = [];
    private readonly Queue<(VsockHeader Header, byte[] Payload, bool IsReply)> _unsent = new();
    private int _unsentReplies;
    private int _takenBuffers;

    /// <summary>Packets in the tx ring that the device has not taken.</summary>
    public Queue<(VsockHeader Header, byte[] Payload)> Tx { get; } = new();

    /// <summary>Packets that have not reached the device.</summary>
    public int Waiting => _unsent.Count + Tx.Count;

    /// <summary>Called when the guest accepts a request: names the stream that the device opened.</summary>
    public required Func<ConnectionKey, ModelStream?> Accept { get; init; }

    public void Connect(ModelStream stream)
    {
        _streams[new ConnectionKey(stream.HostPort, stream.GuestPort)] = stream;
        Queue(stream, VsockOperation.Request);
    }

    /// <summary>A program connects and closes before there was an answer: Linux says nothing of it and knows the socket no more.</summary>
    public void ConnectAndClose(uint hostPort, uint guestPort) => Send(Bench.Packet(VsockOperation.Request, guestPort, hostPort), []);

    /// <summary>Any packet, in its turn.</summary>
    public void Send(in VsockHeader header, byte[] payload, bool isReply = false)
    {
        _unsent.Enqueue((header, payload, isReply));
        _unsentReplies += isReply ? 1 : 0;
    }

    /// <summary>The driver's send worker puts up to <paramref name="count"/> packets on the tx ring, as far as it has room.</summary>
    public void SendPackets(int count)
    {
        while (count-- > 0 && Tx.Count < RingSize && _unsent.TryDequeue(out var packet))
        {
            Tx.Enqueue((packet.Header, packet.Payload));
            _unsentReplies -= packet.IsReply ? 1 : 0;
        }
    }

    public void Write(ModelStream stream, int count)
    {
        if (!stream.GuestMayWrite)
        {
            return;
        }

        for (count = Math.Min(count, stream.GuestFree); count > 0;)
        {
            var part = Math.Min(count, 4096);
            var bytes = new byte[part];
            for (var i = 0; i < part; i++)
            {
                bytes[i] = stream.ToHost(stream.GuestWrote + i);
            }

            stream.GuestWrote += part;
            Queue(stream, VsockOperation.ReadWrite, bytes);
            count -= part;
        }
    }

    public void Read(ModelStream stream, int count)
    {
        while (count > 0 && stream.Unread.TryDequeue(out var packet))
        {
            count -= packet;
            stream.UnreadBytes -= packet;
            stream.GuestGot += packet;
            stream.Forwarded += (uint)packet;
        }

        // Linux tells of its own accord only when the sender's view is below 64 KiB.
        var freed = stream.Forwarded - stream.LastTold;
        if (!stream.GuestGone && stream.Open && freed > 0 && stream.BufferAllocated - freed < 64 * 1024)
        {
            Queue(stream, VsockOperation.CreditUpdate);
        }
    }

    public void Shutdown(ModelStream stream, ShutdownFlags what)
    {
        if (stream.Open && !stream.GuestGone && (stream.GuestSaid | what) != stream.GuestSaid)
        {
            stream.GuestSaid |= what;
            stream.GuestExcused ??= what.HasFlag(ShutdownFlags.Receive) ? "the guest reads no more" : null;
            Queue(stream, VsockOperation.Shutdown, flags: (uint)stream.GuestSaid);
        }
    }

    public void Abort(ModelStream stream)
    {
        if (_streams.ContainsKey(new ConnectionKey(stream.HostPort, stream.GuestPort)))
        {
            Queue(stream, VsockOperation.Reset);
            Forget(stream, "the guest reset it");
        }
    }

    /// <summary>
    /// The kernel takes up to <paramref name="count"/> packets out of its rx ring, unless too many replies wait. It refills the ring
    /// when less than half of it is left.
    /// </summary>
    public void TakePackets(int count)
    {
        while (count-- > 0 && _unsentReplies < RingSize && receiver.Packets.TryDequeue(out var packet))
        {
            _takenBuffers++;
            Take(packet.Header, packet.Payload);
        }

        if (RingSize - _takenBuffers < RingSize / 2)
        {
            receiver.Buffers += _takenBuffers;
            _takenBuffers = 0;
        }
    }

    public void Queue(ModelStream stream, VsockOperation operation, byte[]? payload = null, uint flags = 0)
    {
        stream.LastTold = stream.Forwarded;
        var header = Bench.Packet(operation, stream.GuestPort, stream.HostPort) with
        {
            Length = (uint)(payload?.Length ?? 0),
            Flags = flags,
            BufferAllocated = stream.BufferAllocated,
            ForwardCount = stream.Forwarded,
        };
        Send(header, payload ?? [], isReply: operation == VsockOperation.Response);
    }

    public void ForgetAll(string why)
    {
        foreach (var stream in _streams.Values.ToList())
        {
            Forget(stream, why);
        }

        _unsent.Clear();
        Tx.Clear();
        receiver.Packets.Clear();
        receiver.Buffers = RingSize;
        (_unsentReplies, _takenBuffers) = (0, 0);
    }

    public void Forget(ModelStream stream, string why)
    {
        stream.GuestGone = true;
        stream.HostExcused ??= why;
        stream.GuestExcused ??= why;
        _streams.Remove(new ConnectionKey(stream.HostPort, stream.GuestPort));
    }

    private void Take(in VsockHeader header, byte[] payload)
    {
        Model.Check(header.SourceCid == 2 && header.DestinationCid == Bench.Guest, "a packet with foreign addresses");
        var key = new ConnectionKey(header.SourcePort, header.DestinationPort);
        if (header.Operation == VsockOperation.Request)
        {
            TakeRequest(header, key);
        }
        else if (!_streams.TryGetValue(key, out var stream))
        {
            if (header.Operation != VsockOperation.Reset)
            {
                Send(header.MirroredReset(), [], isReply: true);
            }
        }
        else
        {
            stream.PeerBuffer = header.BufferAllocated;
            stream.PeerForwarded = header.ForwardCount;
            Take(stream, header, payload);
        }
    }

    private void TakeRequest(in VsockHeader header, ConnectionKey key)
    {
        if (Accept(key) is not { } stream)
        {
            Send(header.MirroredReset(), [], isReply: true);
            return;
        }

        _streams[key] = stream;
        stream.HostPort = key.HostPort;
        stream.PeerBuffer = header.BufferAllocated;
        stream.Open = true;
        Queue(stream, VsockOperation.Response);
    }

    private void Take(ModelStream stream, in VsockHeader header, byte[] payload)
    {
        switch (header.Operation)
        {
            case VsockOperation.Response:
                stream.Open = true;
                break;
            case VsockOperation.ReadWrite when stream.GuestSaid.HasFlag(ShutdownFlags.Receive):
                break;
            case VsockOperation.ReadWrite:
                stream.GuestKernelTakes(payload, stream.GuestGot + stream.UnreadBytes);
                break;
            case VsockOperation.CreditRequest:
                Queue(stream, VsockOperation.CreditUpdate);
                break;
            case VsockOperation.CreditUpdate:
                break;
            case VsockOperation.Shutdown:
                Heard(stream, (ShutdownFlags)header.Flags);
                break;
            case VsockOperation.Reset:
                stream.GuestGone = true;
                _streams.Remove(new ConnectionKey(stream.HostPort, stream.GuestPort));
                break;
            case VsockOperation.Invalid:
            case VsockOperation.Request:
            default:
                throw new InvalidOperationException($"The guest got {header.Operation}.");
        }
    }

    /// <summary>Told that the host is done both ways, Linux drops the name at once; unread bytes stay readable.</summary>
    private void Heard(ModelStream stream, ShutdownFlags what)
    {
        stream.GuestHeard |= what;
        if (stream.GuestHeard == ShutdownFlags.Both)
        {
            Queue(stream, VsockOperation.Reset);
            stream.GuestGone = true;
            _streams.Remove(new ConnectionKey(stream.HostPort, stream.GuestPort));
        }
    }
}
