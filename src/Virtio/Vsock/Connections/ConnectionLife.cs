using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Virtio.Vsock.Connections;

/// <summary>
/// How connections begin and end: the events of <see cref="ConnectionState"/>'s table. The rule behind every path: an entry has a
/// deadline or a peer that is there, what it held of the host is given back at the first moment it can serve no more, and RST is
/// sent once and never answered.
/// </summary>
internal sealed class ConnectionLife(ConnectionTable table, ConnectionDeadlines deadlines, VsockLimits limits)
{
    /// <summary>The guest is owed a packet of this connection: it goes out when its turn comes and the guest has a buffer.</summary>
    public void Owe(VsockConnection connection, RxTurn turn)
    {
        connection.Owe(turn);
        table.Turns.Add(turn, connection.Slot);
    }

    /// <summary>The connection whose turn it is has had it.</summary>
    public void EndTurn(VsockConnection connection, RxTurn turn)
    {
        table.Turns.Take(turn);
        connection.Settle(turn);
    }

    /// <summary>A host program asks: its REQUEST waits for an rx buffer, and for a guest that is not up, but not for ever.</summary>
    public void AwaitGuest(VsockConnection connection)
    {
        deadlines.Set(connection, limits.Handshake);
        Owe(connection, RxTurn.Request);
    }

    /// <summary>The guest has the REQUEST of a host program, and a while to answer it.</summary>
    public void AwaitAnswer(VsockConnection connection)
    {
        connection.Enter(ConnectionState.RequestSent);
        deadlines.Set(connection, limits.Handshake);
    }

    /// <summary>A host program accepted the guest's request: the RESPONSE waits for an rx buffer, but not for ever.</summary>
    public void AwaitResponse(VsockConnection connection)
    {
        deadlines.Set(connection, limits.Handshake);
        Owe(connection, RxTurn.Response);
    }

    /// <summary>Ends a connection at once for both sides: the host program sees its socket close, the guest gets RST.</summary>
    public void Reset(VsockConnection connection)
    {
        connection.Enter(ConnectionState.Resetting);
        deadlines.Set(connection, limits.Close);
        Owe(connection, RxTurn.Reset);
    }

    /// <summary>Takes a connection off the table without a word to the guest.</summary>
    public void Remove(VsockConnection connection)
    {
        connection.Enter(ConnectionState.Gone);
        table.Remove(connection);
    }

    /// <summary>The guest may have its RESPONSE in hand from now on.</summary>
    public static void Open(VsockConnection connection)
    {
        ConnectionDeadlines.Clear(connection);
        connection.Enter(ConnectionState.Open);
    }

    /// <summary>The guest closed before the host program took everything: the device keeps the bytes for a while.</summary>
    public void Drain(VsockConnection connection)
    {
        connection.Host.ShutdownReceive();
        connection.Enter(ConnectionState.Draining);
        deadlines.Set(connection, limits.Drain);
    }

    public void DrainMadeProgress(VsockConnection connection) => deadlines.Set(connection, limits.Drain);

    /// <summary>The last byte of a guest that has closed is delivered, or never can be.</summary>
    public void FinishDraining(VsockConnection connection)
    {
        if (connection.State == ConnectionState.Abandoned)
        {
            Remove(connection);
            return;
        }

        Reset(connection);
    }

    /// <summary>
    /// A direction of an open connection may have ended. Once both have, a guest that closed gets the RST it waits for; one that did
    /// not is told by SHUTDOWN and answers with its own RST.
    /// </summary>
    public void CloseIfBothEnded(VsockConnection connection)
    {
        if (connection.State != ConnectionState.Open || !connection.GuestBound.IsOver || !connection.HostBound.IsOver)
        {
            return;
        }

        if (connection.GuestShutdown == ShutdownFlags.Both)
        {
            Reset(connection);
            return;
        }

        connection.Enter(ConnectionState.Closing);
        deadlines.Set(connection, limits.Close);
        Owe(connection, RxTurn.Shutdown);
    }

    /// <summary>The guest has reset a connection. The device forgets it, but delivers what the guest sent before it closed.</summary>
    public void GuestReset(VsockConnection connection)
    {
        if (connection.State == ConnectionState.Draining)
        {
            connection.Enter(ConnectionState.Abandoned);
            table.Unmap(connection);
            return;
        }

        Remove(connection);
    }
}
