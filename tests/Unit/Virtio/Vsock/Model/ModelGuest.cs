using VmTools.Virtio.Vsock;

namespace VmTools.Unit.Virtio.Vsock.Model;

/// <summary>The guest's kernel, as Linux does it: queues of its own in both directions, credit, closing and resets.</summary>
internal sealed class ModelGuest(FakeReceiver receiver)
{
    private readonly Dictionary<ConnectionKey, ModelStream> _streams = [];

    /// <summary>Packets in the tx ring that the device has not taken.</summary>
    public Queue<(VsockHeader Header, byte[] Payload)> Tx { get; } = new();

    /// <summary>Called when the guest accepts a request: names the stream that the device opened.</summary>
    public required Func<ConnectionKey, ModelStream?> Accept { get; init; }

    public void Connect(ModelStream stream)
    {
        _streams[new ConnectionKey(stream.HostPort, stream.GuestPort)] = stream;
        Queue(stream, VsockOperation.Request);
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

    /// <summary>The kernel takes up to <paramref name="count"/> packets out of its rx ring.</summary>
    public void TakePackets(int count)
    {
        while (count-- > 0 && receiver.Packets.TryDequeue(out var packet))
        {
            Take(packet.Header, packet.Payload);
        }
    }

    public void Queue(ModelStream stream, VsockOperation operation, byte[]? payload = null, uint flags = 0)
    {
        stream.LastTold = stream.Forwarded;
        Tx.Enqueue((Bench.Packet(operation, stream.GuestPort, stream.HostPort) with
        {
            Length = (uint)(payload?.Length ?? 0),
            Flags = flags,
            BufferAllocated = stream.BufferAllocated,
            ForwardCount = stream.Forwarded,
        }, payload ?? []));
    }

    public void ForgetAll(string why)
    {
        foreach (var stream in _streams.Values.ToList())
        {
            Forget(stream, why);
        }

        Tx.Clear();
        receiver.Packets.Clear();
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
                Tx.Enqueue((header.MirroredReset(), []));
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
            Tx.Enqueue((header.MirroredReset(), []));
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
