using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Virtio.Vsock.Traffic;

/// <summary>
/// The rules for packets from the guest, root in it included. A packet that is not between this guest and the host never
/// reaches a connection; a reset is never answered. Whatever comes, it is taken at once and has a place: see <c>VsockBridge</c>.
/// </summary>
internal sealed class GuestPackets(
    ulong guestCid, ConnectionTable table, MirroredResets mirrored, IHostPrograms programs, ConnectionPackets packets)
{
    public void Receive(in VsockHeader header, IGuestPayload payload)
    {
        var key = ConnectionKey.Of(header);
        if (!IsToHost(header))
        {
            mirrored.Refuse(header, VsockIncident.ForeignAddress);
        }
        else if (header.Type != VsockSocketType.Stream)
        {
            mirrored.Refuse(header, VsockIncident.UnknownType);
        }
        else if (header.Operation == VsockOperation.Request)
        {
            Request(header, key);
        }
        else if (table.Find(key) is { } connection)
        {
            packets.Receive(connection, header, payload);
        }
        else
        {
            mirrored.Answer(header);
        }
    }

    /// <summary>A packet whose header claims more payload than there is, or that is too long to be one.</summary>
    public void Malformed(in VsockHeader header)
    {
        if (IsToHost(header) && table.Find(ConnectionKey.Of(header)) is { } connection)
        {
            packets.Violated(connection, VsockIncident.Malformed);
            return;
        }

        mirrored.Refuse(header, VsockIncident.Malformed);
    }

    private bool IsToHost(in VsockHeader header) => header.SourceCid == guestCid && header.DestinationCid == VsockHeader.HostCid;

    private void Request(in VsockHeader header, ConnectionKey key)
    {
        if (table.Find(key) is { } old)
        {
            packets.Violated(old, VsockIncident.RefusedRequest);
        }
        else if (PortAllocator.IsEphemeral(key.HostPort))
        {
            mirrored.Refuse(header, VsockIncident.RefusedRequest);
        }
        else if (header.ForwardCount != 0)
        {
            mirrored.Refuse(header, VsockIncident.CreditViolation);
        }
        else if (table.IsFullForGuest)
        {
            mirrored.Refuse(header, VsockIncident.TableFull);
        }
        else if (programs.TryDial(key.HostPort, key.GuestPort) is { } host)
        {
            packets.Accepted(table.AddOpenedByGuest(key, host), header);
        }
        else
        {
            mirrored.Answer(header);
        }
    }
}
