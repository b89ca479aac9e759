using System.Buffers.Binary;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;
using VmTools.Virtio.Memory;
using VmTools.Virtio.VhostUser;
using Xunit;

namespace VmTools.Unit.Virtio.Fakes;

/// <summary>
/// A VMM that speaks vhost-user to a real back end over a socket pair, on one thread with it: what is sent is handled when the loop is
/// given its turns. It owns the guest's memory and the driver's side of three rings.
/// </summary>
internal sealed class FakeFrontEnd : IDisposable
{
    private readonly FdHandle _socket;

    public FakeFrontEnd(RecordingDevice? device = null, GuestRam? ram = null)
    {
        Device = device ?? new RecordingDevice();
        Ram = ram ?? new GuestRam();
        Rings = [.. Enumerable.Range(0, 3).Select(i => new DriverRing(Ram, firstPage: 1 + (16 * i), pages: 16))];
        Loop = new EventLoop(Clock);
        var (ours, theirs) = UnixSocket.Pair();
        _socket = ours;
        Fd.SetNonBlocking(_socket, true);
        BackEnd = new VhostUserBackEnd(theirs, Device, Loop, NullLogger.Instance);
    }

    public FakeTimeProvider Clock { get; } = new();

    public EventLoop Loop { get; }

    public RecordingDevice Device { get; }

    public VhostUserBackEnd BackEnd { get; }

    public GuestRam Ram { get; }

    public DriverRing[] Rings { get; }

    public EventFd[] Kicks { get; } = [new(), new(), new()];

    public EventFd[] Calls { get; } = [new(), new(), new()];

    public EventFd[] Errors { get; } = [new(), new(), new()];

    public bool IsDropped => BackEnd.IsGone;

    public static byte[] Number(ulong value) => BitConverter.GetBytes(value);

    public static byte[] State(int ring, uint value) => [.. BitConverter.GetBytes(ring), .. BitConverter.GetBytes(value)];

    public byte[] Place(int ring)
    {
        var bytes = new byte[VringAddresses.Size];
        new VringAddresses((uint)ring, Rings[ring].Addresses).Write(bytes);
        return bytes;
    }

    /// <summary>Sends one message and lets the back end handle it.</summary>
    public void Send(VhostRequest request, byte[] payload, bool needReply = false, params FdHandle[] fds)
    {
        var bytes = new byte[VhostHeader.Size + payload.Length];
        VhostHeader.Ask(request, (uint)payload.Length, needReply).Write(bytes);
        payload.CopyTo(bytes, VhostHeader.Size);
        SendRaw(bytes, fds);
        Turn();
    }

    public void SendRaw(ReadOnlySpan<byte> bytes, params FdHandle[] fds) =>
        _ = fds.Length > 0 ? UnixSocket.TrySendWithFds(_socket, bytes, fds, out _) : UnixSocket.TrySend(_socket, bytes, out _);

    /// <summary>Gives the loop turns until it has nothing more to do.</summary>
    public void Turn()
    {
        for (var i = 0; i < 1000 && Loop.Turn(TimeSpan.Zero); i++)
        {
        }
    }

    public void Pass(TimeSpan time)
    {
        Clock.Advance(time);
        Turn();
    }

    /// <summary>The payload of the reply that has come; null when none has.</summary>
    public byte[]? TakeReply(VhostRequest request)
    {
        var header = new byte[VhostHeader.Size];
        if (UnixSocket.TryPeek(_socket, header, out var count) != Errno.None || count == 0)
        {
            return null;
        }

        Assert.Equal(Errno.None, Fd.TryRead(_socket, header, out count));
        Assert.Equal(VhostHeader.Size, count);
        var reply = VhostHeader.Read(header);
        Assert.Equal((request, 5u), (reply.Request, reply.Flags));
        var payload = new byte[reply.PayloadLength];
        Assert.True(payload.Length == 0 || Fd.TryRead(_socket, payload, out count) == Errno.None && count == payload.Length);
        return payload;
    }

    public void DropReplies()
    {
        while (Fd.TryRead(_socket, new byte[4096], out var count) == Errno.None && count > 0)
        {
        }
    }

    public byte[] Ask(VhostRequest request, byte[]? payload = null)
    {
        Send(request, payload ?? []);
        return TakeReply(request) ?? throw new InvalidOperationException($"{request} was not answered.");
    }

    public ulong AskNumber(VhostRequest request) => BinaryPrimitives.ReadUInt64LittleEndian(Ask(request));

    public uint AskBase(int ring) => BinaryPrimitives.ReadUInt32LittleEndian(Ask(VhostRequest.GetVringBase, State(ring, 0)).AsSpan(4));

    public byte[] MemoryTableOf(params MemoryRegion[] regions) => MemoryTable.Write(regions.Length > 0 ? regions : Ram.Regions);

    /// <summary>Offers one 44-byte packet on tx and kicks, as a driver does when asked to.</summary>
    public void Transmit()
    {
        Rings[1].OfferChain(Rings[1].Readable(new byte[44]));
        Kick(1);
    }

    public void Kick(int ring)
    {
        Kicks[ring].Signal();
        Turn();
    }

    public void Close()
    {
        _socket.Dispose();
        Turn();
    }

    public void Dispose()
    {
        DisposeAllButRam();
        Ram.Dispose();
    }

    /// <summary>For a test that brought the memory itself.</summary>
    public void DisposeAllButRam()
    {
        _socket.Dispose();
        BackEnd.Dispose();
        Loop.Dispose();
        foreach (var fd in (EventFd[])[.. Kicks, .. Calls, .. Errors])
        {
            fd.Dispose();
        }
    }
}
