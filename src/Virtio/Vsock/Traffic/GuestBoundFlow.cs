using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Virtio.Vsock.Traffic;

/// <summary>
/// Bytes from host programs to the guest: from the program's socket straight into rx buffers, as far as the guest has room. What it has
/// no room for stays in the socket, which stops the program that writes.
/// </summary>
internal sealed class GuestBoundFlow(
    RxPackets packets, ConnectionLife life, HostBoundFlow hostBound, ConnectionDeadlines deadlines, VsockLimits limits)
{
    /// <summary>Buffers in one read: many when no other connection waits, about 16 KiB of Linux's rx buffers otherwise.</summary>
    private const int LoneQuantum = 16;
    private const int SharedQuantum = 4;

    private readonly int[] _lengths = new int[LoneQuantum];

    /// <summary>The host stream may have something to read: the connection gets a turn when it can carry it.</summary>
    public void HostReadable(VsockConnection connection)
    {
        connection.GuestBound.Happened(GuestBoundEvent.HostReadable);
        if (connection.MayReadHost)
        {
            life.Owe(connection, RxTurn.ReadWrite);
        }
    }

    /// <summary>The guest reported how much it has read: a connection that waited for that goes on.</summary>
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
    /// Asks the guest for credit again, after a growing pause. Needed only where the guest's own rules let it stay silent although it has
    /// read: it counts bytes, and the device stops earlier, for the sake of the guest's count of packets.
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
        way.CreditPause = Math.Min(way.CreditPause * 2, limits.CreditPollLongest);
    }

    /// <summary>The guest wants no more bytes of this host program.</summary>
    public static void StopReading(VsockConnection connection)
    {
        connection.GuestBound.Happened(GuestBoundEvent.Refused);
        ConnectionDeadlines.Clear(connection);
    }

    /// <summary>A connection has opened: it catches up with what its host stream reported before.</summary>
    public void Opened(VsockConnection connection)
    {
        HostReadable(connection);
        if (connection.HostBound.State == HostBoundState.Dead)
        {
            hostBound.TellHostDied(connection);
        }
    }

    /// <summary>
    /// The turn of a connection that has data: reads a quantum and sends it. Returns how many packets went, or -1 when the guest has
    /// no buffer for one; the turn is not over then.
    /// </summary>
    public int Serve(VsockConnection connection, bool isAlone)
    {
        if (!connection.MayReadHost)
        {
            life.EndTurn(connection, RxTurn.ReadWrite);
            TellShutdown(connection);
            return 0;
        }

        if (connection.GuestBound.Credit.Free == 0)
        {
            life.EndTurn(connection, RxTurn.ReadWrite);
            WaitForCredit(connection);
            TellShutdown(connection);
            return 0;
        }

        var receiver = packets.Receiver;
        var count = PlanPackets(connection, receiver.Reserve(isAlone ? LoneQuantum : SharedQuantum), out var bytes);
        if (count == 0)
        {
            receiver.Release();
            return -1;
        }

        life.EndTurn(connection, RxTurn.ReadWrite);
        var outcome = connection.Host.TryRead(receiver, count, bytes, out var read);
        var sent = outcome == StreamOutcome.Done && read > 0 ? SendData(connection, read) : 0;
        receiver.Release();
        if (sent > 0)
        {
            life.Owe(connection, RxTurn.ReadWrite);
            return sent;
        }

        AfterEmptyRead(connection, outcome);
        TellShutdown(connection);
        return 0;
    }

    /// <summary>No more data goes out for now, so an end that waited behind it is told.</summary>
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
        var count = 0;
        while (count < held)
        {
            var length = Math.Min(packets.Receiver.CapacityOf(count), connection.GuestBound.Credit.FreeAfter(bytes, count));
            if (length <= 0)
            {
                break;
            }

            _lengths[count++] = length;
            bytes += length;
        }

        return count;
    }

    private int SendData(VsockConnection connection, int bytes)
    {
        var count = 0;
        while (bytes > 0)
        {
            var length = Math.Min(bytes, _lengths[count]);
            connection.GuestBound.Credit.Sent(length);
            packets.Send(connection, VsockOperation.ReadWrite, length);
            bytes -= length;
            count++;
        }

        return count;
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

    /// <summary>
    /// The guest has no space: the bytes stay in the host program's socket, which stops its writer, and the guest is asked once.
    /// </summary>
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
            connection.GuestBound.CreditPause = limits.CreditPollFirst;
            deadlines.Set(connection, connection.GuestBound.CreditPause);
        }
    }
}
