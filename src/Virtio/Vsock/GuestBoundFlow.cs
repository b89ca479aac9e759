namespace VmTools.Virtio.Vsock;

/// <summary>
/// Packets to the guest. One rx ring serves all connections, so fairness is made here: first what connections owe by way of
/// control, in the order of <see cref="RxTurn"/>, then data round robin, a quantum of buffers each. Resets of no connection take
/// every other packet at most, so that a guest program that causes many of them holds up no other.
/// </summary>
internal sealed class GuestBoundFlow(
    GuestBoundParts parts, ConnectionLife life, HostBoundFlow hostBound, ConnectionDeadlines deadlines)
{
    /// <summary>Buffers in one read: many when nobody else waits, about 16 KiB of Linux's rx buffers otherwise.</summary>
    private const int LoneQuantum = 16;
    private const int SharedQuantum = 4;

    private readonly int[] _lengths = new int[LoneQuantum];
    private bool _mirroredWasLast;

    /// <summary>Sends what is owed until nothing is, buffers run out, or <paramref name="budget"/> packets went.</summary>
    public ServeOutcome Serve(int budget)
    {
        while (budget > 0)
        {
            if (parts.Mirrored.Count > 0 && (!_mirroredWasLast || parts.Turns.IsEmpty))
            {
                if (parts.Receiver.Reserve(1) == 0)
                {
                    return ServeOutcome.NoBuffers;
                }

                parts.Mirrored.TryTake(out var reset);
                parts.Receiver.Send(reset);
                _mirroredWasLast = true;
                budget--;
                continue;
            }

            if (!parts.Turns.TryPeek(out var turn, out var slot))
            {
                return ServeOutcome.Idle;
            }

            if (parts.Table.At(slot) is not { } connection || !connection.Owes(turn))
            {
                parts.Turns.Take(turn);
                continue;
            }

            var sent = turn == RxTurn.ReadWrite ? ServeData(connection) : ServeControl(connection, turn);
            if (sent < 0)
            {
                return ServeOutcome.NoBuffers;
            }

            _mirroredWasLast &= sent == 0;
            budget -= sent;
        }

        return parts.Mirrored.Count == 0 && parts.Turns.IsEmpty ? ServeOutcome.Idle : ServeOutcome.More;
    }

    /// <summary>The host stream may have something to read: gets its turn when the connection can carry it.</summary>
    public void HostReadable(VsockConnection connection)
    {
        connection.GuestBound.Happened(GuestBoundEvent.HostReadable);
        if (connection.MayReadHost)
        {
            life.Owe(connection, RxTurn.ReadWrite);
        }
    }

    /// <summary>The guest reported consumption: goes on if that was what was missing.</summary>
    public void CreditChanged(VsockConnection connection)
    {
        if (connection.GuestBound.State != GuestBoundState.CreditBlocked || connection.GuestBound.Credit.Free == 0)
        {
            return;
        }

        connection.GuestBound.Happened(GuestBoundEvent.CreditCame);
        connection.Settle(RxTurn.CreditRequest);
        ConnectionDeadlines.Clear(connection);
        HostReadable(connection);
    }

    /// <summary>
    /// Asks again after a growing pause. Only where the guest's own rules let it stay silent although it has read: it counts
    /// bytes, and we stop earlier, for the sake of its count of packets.
    /// </summary>
    public void PollCredit(VsockConnection connection)
    {
        var way = connection.GuestBound;
        if (way.State != GuestBoundState.CreditBlocked)
        {
            return;
        }

        life.Owe(connection, RxTurn.CreditRequest);
        deadlines.Set(connection, way.CreditPause);
        way.CreditPause = Math.Min(way.CreditPause * 2, parts.Limits.CreditPollLongest);
    }

    /// <summary>The guest wants no more of it.</summary>
    public static void StopReading(VsockConnection connection)
    {
        connection.GuestBound.Happened(GuestBoundEvent.Refused);
        ConnectionDeadlines.Clear(connection);
    }

    private int ServeControl(VsockConnection connection, RxTurn turn)
    {
        if (parts.Receiver.Reserve(1) == 0)
        {
            return -1;
        }

        parts.Turns.Take(turn);
        connection.Settle(turn);
        parts.Receiver.Send(Header(connection, ControlOperation(turn)) with
        {
            Flags = turn == RxTurn.Shutdown ? (uint)connection.OurShutdown : 0,
        });
        switch (turn)
        {
            case RxTurn.Reset:
                life.Remove(connection);
                break;
            case RxTurn.Response:
                ConnectionLife.Open(connection);
                Opened(connection);
                break;
            case RxTurn.Request:
                connection.Enter(ConnectionState.RequestSent);
                deadlines.Set(connection, parts.Limits.Handshake);
                break;
            case RxTurn.Shutdown:
                connection.ShutdownTold();
                break;
            default:
                break;
        }

        return 1;
    }

    /// <summary>Catches up with what the host stream reported before there was a connection to use it.</summary>
    public void Opened(VsockConnection connection)
    {
        HostReadable(connection);
        if (connection.HostBound.State == HostBoundState.Dead)
        {
            hostBound.TellHostDied(connection);
        }
    }

    private int ServeData(VsockConnection connection)
    {
        if (!connection.MayReadHost)
        {
            EndTurn(connection);
            TellShutdown(connection);
            return 0;
        }

        if (connection.GuestBound.Credit.Free == 0)
        {
            EndTurn(connection);
            WaitForCredit(connection);
            TellShutdown(connection);
            return 0;
        }

        var quantum = parts.Turns.Waiting(RxTurn.ReadWrite) > 1 ? SharedQuantum : LoneQuantum;
        var packets = PlanPackets(connection, parts.Receiver.Reserve(quantum), out var bytes);
        if (packets == 0)
        {
            parts.Receiver.Release();
            return -1;
        }

        EndTurn(connection);
        var outcome = connection.Host.TryRead(parts.Receiver, packets, bytes, out var count);
        var sent = outcome == StreamOutcome.Done && count > 0 ? SendData(connection, count) : 0;
        parts.Receiver.Release();
        if (sent > 0)
        {
            life.Owe(connection, RxTurn.ReadWrite);
            return sent;
        }

        AfterEmptyRead(connection, outcome);
        TellShutdown(connection);
        return 0;
    }

    private void EndTurn(VsockConnection connection)
    {
        parts.Turns.Take(RxTurn.ReadWrite);
        connection.Settle(RxTurn.ReadWrite);
    }

    /// <summary>No more data for now: an end that waited for it is told.</summary>
    private void TellShutdown(VsockConnection connection)
    {
        if (connection.State == ConnectionState.Open && connection.ToldShutdown != connection.OurShutdown)
        {
            life.Owe(connection, RxTurn.Shutdown);
        }
    }

    /// <summary>How much of the held buffers the guest's credit lets us fill.</summary>
    private int PlanPackets(VsockConnection connection, int held, out int bytes)
    {
        bytes = 0;
        var packets = 0;
        while (packets < held)
        {
            var length = Math.Min(parts.Receiver.CapacityOf(packets), connection.GuestBound.Credit.FreeAfter(bytes, packets));
            if (length <= 0)
            {
                break;
            }

            _lengths[packets++] = length;
            bytes += length;
        }

        return packets;
    }

    private int SendData(VsockConnection connection, int count)
    {
        var packets = 0;
        while (count > 0)
        {
            var length = Math.Min(count, _lengths[packets]);
            connection.GuestBound.Credit.Sent(length);
            parts.Receiver.Send(Header(connection, VsockOperation.ReadWrite) with { Length = (uint)length });
            count -= length;
            packets++;
        }

        return packets;
    }

    private void AfterEmptyRead(VsockConnection connection, StreamOutcome outcome)
    {
        if (outcome == StreamOutcome.Blocked)
        {
            connection.GuestBound.Happened(GuestBoundEvent.ReadBlocked);
            return;
        }

        connection.GuestBound.Happened(GuestBoundEvent.HostEnded);
        if (outcome == StreamOutcome.Broken)
        {
            hostBound.HostWriteDied(connection);
        }

        life.CloseIfBothEnded(connection);
    }

    /// <summary>No space at the guest: leave the bytes in the host's socket, which stops its writer, and ask once.</summary>
    private void WaitForCredit(VsockConnection connection)
    {
        var outcome = connection.Host.TryPeek(out var any);
        if (outcome != StreamOutcome.Done || !any)
        {
            AfterEmptyRead(connection, outcome);
            return;
        }

        connection.GuestBound.Happened(GuestBoundEvent.CreditUsedUp);
        life.Owe(connection, RxTurn.CreditRequest);
        if (!connection.GuestBound.Credit.PeerReportsUnasked)
        {
            connection.GuestBound.CreditPause = parts.Limits.CreditPollFirst;
            deadlines.Set(connection, connection.GuestBound.CreditPause);
        }
    }

    private VsockHeader Header(VsockConnection connection, VsockOperation operation)
    {
        connection.HostBound.Window.Told();
        connection.Settle(RxTurn.CreditUpdate);
        return new VsockHeader
        {
            SourceCid = VsockBridge.HostCid,
            DestinationCid = parts.GuestCid,
            SourcePort = connection.Key.HostPort,
            DestinationPort = connection.Key.GuestPort,
            Type = VsockSocketType.Stream,
            Operation = operation,
            BufferAllocated = connection.HostBound.Window.BufferAllocated,
            ForwardCount = connection.HostBound.Window.ForwardCount,
        };
    }

    private static VsockOperation ControlOperation(RxTurn turn) => turn switch
    {
        RxTurn.Reset => VsockOperation.Reset,
        RxTurn.Response => VsockOperation.Response,
        RxTurn.Request => VsockOperation.Request,
        RxTurn.Shutdown => VsockOperation.Shutdown,
        RxTurn.CreditUpdate => VsockOperation.CreditUpdate,
        RxTurn.CreditRequest => VsockOperation.CreditRequest,
        RxTurn.ReadWrite => throw new InvalidOperationException("Data is not a control packet."),
        _ => throw new InvalidOperationException($"There is no packet for turn {turn}."),
    };
}
