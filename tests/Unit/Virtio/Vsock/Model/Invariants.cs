using VmTools.Unit.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Connections;

namespace VmTools.Unit.Virtio.Vsock.Model;

/// <summary>What holds for every connection in the table whenever the device is at rest.</summary>
internal static class Invariants
{
    public static void Check(VsockConnection connection)
    {
        var (key, state) = (connection.Key, connection.State);
        Model.Check(connection.GuestBound.Credit.Free >= 0, $"{key}: negative credit");
        Model.Check(state != ConnectionState.Gone, $"{key}: gone but in the table");
        Model.Check(state.HasHost() != ((FakeHost)connection.Host).DeviceClosed, $"{key}: {state} with the wrong end of the host's stream");
        Model.Check(
            state == ConnectionState.Open || connection.Deadline != VsockConnection.Never,
            $"{key}: {state} without a deadline or a peer");
        Model.Check(
            (connection.HostBound.State == HostBoundState.Blocked) != connection.HostBound.Held.IsEmpty,
            $"{key}: {connection.HostBound.State} with {connection.HostBound.Held.Count} bytes held");
        if (state == ConnectionState.Open)
        {
            CheckOpen(connection);
        }
    }

    /// <summary>Each way of an open connection is over, or something will move it on.</summary>
    private static void CheckOpen(VsockConnection connection)
    {
        var (guestBound, hostBound) = (connection.GuestBound, connection.HostBound);
        Model.Check(!guestBound.IsOver || !hostBound.IsOver, $"{connection.Key}: open, and both ways are over");
        Model.Check(
            guestBound.State != GuestBoundState.Readable || connection.Owes(RxTurn.ReadWrite),
            $"{connection.Key}: bytes of the host program wait for no turn");
        Model.Check(
            guestBound.State != GuestBoundState.CreditBlocked
                || connection.Owes(RxTurn.CreditRequest)
                || guestBound.Credit.PeerReportsUnasked
                || connection.Deadline != VsockConnection.Never,
            $"{connection.Key}: nothing will bring the credit that is missing");
        Model.Check(
            !connection.GuestSaidAll || hostBound.State != HostBoundState.Flowing,
            $"{connection.Key}: the guest's end was not passed on");
        Model.Check(
            connection.ToldShutdown == connection.OurShutdown || connection.Owes(RxTurn.Shutdown) || connection.Owes(RxTurn.ReadWrite),
            $"{connection.Key}: the guest will not be told {connection.OurShutdown}");
    }
}
