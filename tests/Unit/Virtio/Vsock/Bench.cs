using VmTools.Unit.Virtio.Vsock.HostStreams;
using VmTools.Unit.Virtio.Vsock.Packets;
using VmTools.Virtio.Vsock;
using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Packets;
using VmTools.Virtio.Vsock.Traffic;

namespace VmTools.Unit.Virtio.Vsock;

/// <summary>A bridge on the bench: the test plays the guest with raw packets and the host with fake programs.</summary>
internal sealed class Bench : IVsockObserver
{
    public const ulong Guest = 3;
    public const uint HostPort = 9000;
    public const uint GuestPort = 1024;

    public Bench(VsockLimits? limits = null)
    {
        Bridge = new VsockBridge(Guest, Receiver, Programs, this, () => Now, limits ?? VsockLimits.Default);
        Bridge.Resume();
    }

    public long Now { get; private set; } = 1000;

    public FakeReceiver Receiver { get; } = new();

    public FakePrograms Programs { get; } = new();

    public VsockBridge Bridge { get; }

    public List<VsockIncident> Incidents { get; } = [];

    public static VsockHeader Packet(VsockOperation operation, uint guestPort = GuestPort, uint hostPort = HostPort) => new()
    {
        SourceCid = Guest,
        DestinationCid = VsockHeader.HostCid,
        SourcePort = guestPort,
        DestinationPort = hostPort,
        Type = VsockSocketType.Stream,
        Operation = operation,
        BufferAllocated = 256 * 1024,
    };

    public void Happened(VsockIncident incident, ConnectionKey key) => Incidents.Add(incident);

    /// <summary>A packet from the guest, and what the bridge owes after it.</summary>
    public void Send(in VsockHeader header, params byte[] payload)
    {
        Bridge.Receive(header with { Length = (uint)payload.Length }, new BytesPayload(payload));
        Serve();
    }

    public void Serve()
    {
        while (Bridge.Serve(64) == ServeOutcome.More)
        {
        }
    }

    public void Elapse(int milliseconds)
    {
        Now += milliseconds;
        Bridge.Elapse();
        Serve();
    }

    /// <summary>Reports the edges a host stream has ready.</summary>
    public void Report(VsockConnection connection, FakeHost host)
    {
        Bridge.HostReady(connection, host.TakeEvents());
        Serve();
    }

    /// <summary>The packets the guest got since the last look.</summary>
    public List<(VsockHeader Header, byte[] Payload)> Received()
    {
        List<(VsockHeader, byte[])> packets = [.. Receiver.Packets];
        Receiver.Packets.Clear();
        return packets;
    }

    public (VsockHeader Header, byte[] Payload) ReceivedOne() => Xunit.Assert.Single(Received());

    /// <summary>A connection that the guest opened, with its RESPONSE taken.</summary>
    public (VsockConnection Connection, FakeHost Host) OpenFromGuest(uint guestPort = GuestPort, uint buffer = 256 * 1024)
    {
        Send(Packet(VsockOperation.Request, guestPort) with { BufferAllocated = buffer });
        Xunit.Assert.Equal(VsockOperation.Response, ReceivedOne().Header.Operation);
        var connection = Bridge.Table.Find(new ConnectionKey(HostPort, guestPort))!;
        return (connection, Programs.DialledFor[guestPort]);
    }

    /// <summary>A connection that a host program opened and the guest accepted; the OK line is read.</summary>
    public (VsockConnection Connection, FakeHost Host) OpenFromHost(uint guestPort = GuestPort)
    {
        var host = new FakeHost();
        var connection = Bridge.OpenToGuest(guestPort, host)!;
        Serve();
        Xunit.Assert.Equal(VsockOperation.Request, ReceivedOne().Header.Operation);
        Send(Packet(VsockOperation.Response, guestPort, connection.Key.HostPort));
        Xunit.Assert.StartsWith("OK ", System.Text.Encoding.ASCII.GetString(host.ProgramReads()));
        return (connection, host);
    }
}
