namespace VmTools.Virtio.Vsock;

/// <summary>
/// Bytes from the guest to the host program: straight from guest memory into the socket, and what the socket does not take
/// into the connection's ring. The ring keeps the order; nothing is dropped while the host program can still read.
/// </summary>
internal sealed class HostBoundFlow(ConnectionLife life)
{
    /// <summary>The payload of one packet for an open connection. False when it breaks the credit rules or cannot be read.</summary>
    public bool TryDeliver(VsockConnection connection, IGuestPayload payload)
    {
        if (!connection.Window.TryReceive(payload.Length))
        {
            return false;
        }

        if (connection.HostWriteDead || payload.Length == 0)
        {
            connection.Window.Forwarded(payload.Length);
            return true;
        }

        var taken = 0;
        if (connection.Held.IsEmpty && !connection.HostBlocked && !TryWriteThrough(connection, payload, out taken))
        {
            return true;
        }

        if (taken < payload.Length && !connection.Held.TryAppend(payload, taken))
        {
            return false;
        }

        TellIfDue(connection);
        return true;
    }

    /// <summary>The socket takes bytes again: hand over what is held, as far as it goes.</summary>
    public void HostWritable(VsockConnection connection)
    {
        connection.HostBlocked = false;
        var moved = false;
        while (!connection.Held.IsEmpty && !connection.HostBlocked)
        {
            var outcome = connection.Host.TryWrite(connection.Held.Front, out var count);
            if (outcome == StreamOutcome.Broken)
            {
                HostWriteDied(connection);
                return;
            }

            connection.HostBlocked = outcome == StreamOutcome.Blocked || count == 0;
            connection.Held.Consume(count);
            connection.Window.Forwarded(count);
            moved |= count > 0;
        }

        AfterFlush(connection, moved);
    }

    /// <summary>The host program reads no more. What is held is lost, as it would be in its own socket.</summary>
    public void HostWriteDied(VsockConnection connection)
    {
        if (connection.HostWriteDead)
        {
            return;
        }

        connection.HostWriteDead = true;
        connection.Window.Forwarded(connection.Held.Count);
        connection.Held.Clear();
        if (connection.State == ConnectionState.Draining)
        {
            life.FinishDraining(connection);
            return;
        }

        connection.OurShutdown |= ShutdownFlags.Receive;
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
        if (!connection.GuestSaidAll || !connection.Held.IsEmpty || connection.HostSendShut)
        {
            return;
        }

        connection.HostSendShut = true;
        if (!connection.HostWriteDead)
        {
            connection.Host.ShutdownSend();
        }

        life.CloseIfBothEnded(connection);
    }

    private bool TryWriteThrough(VsockConnection connection, IGuestPayload payload, out int taken)
    {
        var outcome = connection.Host.TryWrite(payload, out taken);
        if (outcome == StreamOutcome.Broken)
        {
            connection.Window.Forwarded(payload.Length);
            HostWriteDied(connection);
            return false;
        }

        connection.Window.Forwarded(taken);
        connection.HostBlocked = taken < payload.Length;
        return true;
    }

    private void AfterFlush(VsockConnection connection, bool moved)
    {
        if (connection.State == ConnectionState.Draining)
        {
            if (connection.Held.IsEmpty)
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
        if (connection.Window.IsUpdateDue && !connection.GuestSaidAll)
        {
            life.Owe(connection, RxTurn.CreditUpdate);
        }
    }
}
