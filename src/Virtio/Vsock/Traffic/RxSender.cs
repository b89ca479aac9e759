using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Virtio.Vsock.Traffic;

/// <summary>
/// Serves the one rx ring of all connections, so fairness is made here: first what connections owe by way of control, in the order of
/// <see cref="RxTurn"/>, then data round robin, a quantum of buffers each. Resets of no connection take every other packet at most, so
/// that a guest program that causes many of them holds up no other.
/// </summary>
internal sealed class RxSender(
    RxPackets packets, ConnectionTable table, MirroredResets mirrored, ConnectionLife life, GuestBoundFlow data)
{
    private bool _mirroredWasLast;

    /// <summary>Sends what is owed until nothing is, buffers run out, or <paramref name="budget"/> packets went.</summary>
    public ServeOutcome Serve(int budget)
    {
        var turns = table.Turns;
        while (budget > 0)
        {
            if (mirrored.Count > 0 && (!_mirroredWasLast || turns.IsEmpty))
            {
                if (!TrySendMirrored())
                {
                    return ServeOutcome.NoBuffers;
                }

                budget--;
                continue;
            }

            if (!turns.TryPeek(out var turn, out var slot))
            {
                return ServeOutcome.Idle;
            }

            if (table.At(slot) is not { } connection || !connection.Owes(turn))
            {
                turns.Take(turn);
                continue;
            }

            var sent = turn == RxTurn.ReadWrite
                ? data.Serve(connection, isAlone: turns.Waiting(RxTurn.ReadWrite) == 1)
                : ServeControl(connection, turn);
            if (sent < 0)
            {
                return ServeOutcome.NoBuffers;
            }

            _mirroredWasLast &= sent == 0;
            budget -= sent;
        }

        return mirrored.Count == 0 && turns.IsEmpty ? ServeOutcome.Idle : ServeOutcome.More;
    }

    private bool TrySendMirrored()
    {
        if (packets.Receiver.Reserve(1) == 0)
        {
            return false;
        }

        mirrored.TryTake(out var reset);
        packets.Receiver.Send(reset);
        _mirroredWasLast = true;
        return true;
    }

    private int ServeControl(VsockConnection connection, RxTurn turn)
    {
        if (packets.Receiver.Reserve(1) == 0)
        {
            return -1;
        }

        life.EndTurn(connection, turn);
        packets.Send(connection, OperationOf(turn), flags: turn == RxTurn.Shutdown ? connection.OurShutdown : ShutdownFlags.None);
        switch (turn)
        {
            case RxTurn.Reset:
                life.Remove(connection);
                break;
            case RxTurn.Response:
                ConnectionLife.Open(connection);
                data.Opened(connection);
                break;
            case RxTurn.Request:
                life.AwaitAnswer(connection);
                break;
            case RxTurn.Shutdown:
                connection.ShutdownTold();
                break;
            default:
                break;
        }

        return 1;
    }

    private static VsockOperation OperationOf(RxTurn turn) => turn switch
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

/// <summary>Why serving the rx ring ended.</summary>
internal enum ServeOutcome
{
    /// <summary>Nothing is owed to the guest.</summary>
    Idle,

    /// <summary>Something is owed and the guest has no buffer for it.</summary>
    NoBuffers,

    /// <summary>The budget of one turn is used up; others should have theirs first.</summary>
    More,
}
