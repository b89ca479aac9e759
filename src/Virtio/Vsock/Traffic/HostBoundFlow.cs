using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Virtio.Vsock.Traffic;

/// <summary>
/// Bytes from the guest to the host program: straight from guest memory into the socket, and what the socket does not take
/// into the connection's ring. The ring keeps the order; nothing is dropped while the host program can still read.
/// </summary>
internal sealed class HostBoundFlow(ConnectionLife life)
{
    /// <summary>Delivers the payload of one packet. False when it breaks the credit rules or cannot be read from guest memory.</summary>
    public bool TryDeliver(VsockConnection connection, IGuestPayload payload)
    {
        var way = connection.HostBound;
        if (!way.Window.TryReceive(payload.Length))
        {
            return false;
        }

        if (way.State == HostBoundState.Dead || payload.Length == 0)
        {
            way.Window.Forwarded(payload.Length);
            return true;
        }

        var taken = 0;
        if (way.State == HostBoundState.Flowing && !TryWriteThrough(connection, payload, out taken))
        {
            return true;
        }

        if (taken < payload.Length && !way.Held.TryAppend(payload, taken))
        {
            return false;
        }

        TellIfDue(connection);
        return true;
    }

    /// <summary>The socket takes bytes again: what is held goes into it, as far as there is room.</summary>
    public void HostWritable(VsockConnection connection)
    {
        var way = connection.HostBound;
        var blocked = false;
        var moved = false;
        while (!way.Held.IsEmpty && !blocked)
        {
            var outcome = connection.Host.TryWrite(way.Held.Front, out var count);
            if (outcome == StreamOutcome.Broken)
            {
                HostWriteDied(connection);
                return;
            }

            blocked = outcome == StreamOutcome.Blocked || count == 0;
            way.Held.Consume(count);
            way.Window.Forwarded(count);
            moved |= count > 0;
        }

        way.Happened(way.Held.IsEmpty ? HostBoundEvent.TookAll : HostBoundEvent.TookPart);
        AfterFlush(connection, moved);
    }

    /// <summary>The host program reads no more. The bytes held for it are lost, as they would be in its own socket.</summary>
    public void HostWriteDied(VsockConnection connection)
    {
        var way = connection.HostBound;
        if (way.State == HostBoundState.Dead)
        {
            return;
        }

        way.Window.Forwarded(way.Held.Count);
        way.Happened(HostBoundEvent.HostDied);
        if (connection.State.IsDraining())
        {
            life.FinishDraining(connection);
            return;
        }

        TellHostDied(connection);
    }

    /// <summary>Owes the guest of an open connection the news that its host program reads no more.</summary>
    public void TellHostDied(VsockConnection connection)
    {
        if (!connection.Owes(RxTurn.ReadWrite))
        {
            // Otherwise what the program wrote before it left goes first, and one packet tells of both ends.
            life.Owe(connection, RxTurn.Shutdown);
        }

        life.CloseIfBothEnded(connection);
    }

    /// <summary>The guest says no more: once the host program has everything, it sees the end of the stream.</summary>
    public void EndIfAllDelivered(VsockConnection connection)
    {
        if (!connection.GuestSaidAll || connection.HostBound.State != HostBoundState.Flowing)
        {
            return;
        }

        connection.HostBound.Happened(HostBoundEvent.EndDelivered);
        connection.Host.ShutdownSend();
        life.CloseIfBothEnded(connection);
    }

    private bool TryWriteThrough(VsockConnection connection, IGuestPayload payload, out int taken)
    {
        var outcome = connection.Host.TryWrite(payload, out taken);
        if (outcome == StreamOutcome.Broken)
        {
            connection.HostBound.Window.Forwarded(payload.Length);
            HostWriteDied(connection);
            return false;
        }

        connection.HostBound.Window.Forwarded(taken);
        connection.HostBound.Happened(taken < payload.Length ? HostBoundEvent.TookPart : HostBoundEvent.TookAll);
        return true;
    }

    private void AfterFlush(VsockConnection connection, bool moved)
    {
        if (connection.State.IsDraining())
        {
            if (connection.HostBound.Held.IsEmpty)
            {
                life.FinishDraining(connection);
            }
            else if (moved)
            {
                life.DrainMadeProgress(connection);
            }

            return;
        }

        TellIfDue(connection);
        EndIfAllDelivered(connection);
    }

    private void TellIfDue(VsockConnection connection)
    {
        if (connection.HostBound.Window.IsUpdateDue && !connection.GuestSaidAll)
        {
            life.Owe(connection, RxTurn.CreditUpdate);
        }
    }
}
