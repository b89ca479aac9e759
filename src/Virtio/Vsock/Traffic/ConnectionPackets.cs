using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Virtio.Vsock.Traffic;

/// <summary>
/// The rules for packets of a connection, which may come from a hostile guest: one that breaks a rule costs the guest that connection
/// and nothing else. Which states allow which packet: docs/protocols/vsock.md and <see cref="ConnectionState"/>.
/// </summary>
internal sealed class ConnectionPackets(
    ConnectionLife life, HostBoundFlow hostBound, GuestBoundFlow guestBound, IVsockObserver observer)
{
    /// <summary>A host program has accepted the guest's REQUEST.</summary>
    public void Accepted(VsockConnection connection, in VsockHeader request)
    {
        connection.GuestBound.Credit.TryUpdate(request.BufferAllocated, request.ForwardCount);
        life.AwaitResponse(connection);
    }

    public void Receive(VsockConnection connection, in VsockHeader header, IGuestPayload payload)
    {
        if (header.Operation == VsockOperation.Reset)
        {
            life.GuestReset(connection);
            return;
        }

        if (connection.State == ConnectionState.Resetting)
        {
            return;
        }

        if (!connection.GuestBound.Credit.TryUpdate(header.BufferAllocated, header.ForwardCount))
        {
            Violated(connection, VsockIncident.CreditViolation);
            return;
        }

        guestBound.CreditChanged(connection);
        switch (header.Operation)
        {
            case VsockOperation.Response:
                Response(connection);
                break;
            case VsockOperation.Shutdown:
                Shutdown(connection, (ShutdownFlags)header.Flags & ShutdownFlags.Both);
                break;
            case VsockOperation.ReadWrite:
                Data(connection, payload);
                break;
            case VsockOperation.CreditUpdate:
                break;
            case VsockOperation.CreditRequest:
                TellCredit(connection);
                break;
            case VsockOperation.Invalid:
            case VsockOperation.Request:
            case VsockOperation.Reset:
            default:
                Violated(connection, VsockIncident.UnknownOperation);
                break;
        }
    }

    /// <summary>Ends a connection whose guest broke a rule, with a line in the log.</summary>
    public void Violated(VsockConnection connection, VsockIncident how)
    {
        observer.Happened(how, connection.Key);
        if (connection.State != ConnectionState.Resetting)
        {
            life.Reset(connection);
        }
    }

    private void Response(VsockConnection connection)
    {
        if (connection.State != ConnectionState.RequestSent)
        {
            Violated(connection, VsockIncident.OutOfTurn);
            return;
        }

        // The answer to the host program precedes every byte of the guest. A program that is gone by now is no fault.
        var line = ConnectLine.Accepted(connection.Key.HostPort);
        if (connection.Host.TryWrite(line, out var count) != StreamOutcome.Done || count != line.Length)
        {
            life.Reset(connection);
            return;
        }

        ConnectionLife.Open(connection);
        guestBound.Opened(connection);
    }

    private void Shutdown(VsockConnection connection, ShutdownFlags said)
    {
        switch (connection.State)
        {
            case ConnectionState.RequestOwed:
            case ConnectionState.RequestSent:
            case ConnectionState.ResponseOwed:
                Violated(connection, VsockIncident.OutOfTurn);
                return;
            case ConnectionState.Open:
                break;
            case ConnectionState.Closing:
                connection.GuestSaid(said);
                if (connection.GuestShutdown == ShutdownFlags.Both)
                {
                    life.Reset(connection);
                }

                return;
            case ConnectionState.Draining:
            case ConnectionState.Abandoned:
            case ConnectionState.Resetting:
            case ConnectionState.Gone:
            default:
                return;
        }

        var fresh = connection.GuestSaid(said);
        if (fresh == ShutdownFlags.None)
        {
            return;
        }

        if (connection.GuestShutdown == ShutdownFlags.Both && !connection.HostBound.Held.IsEmpty)
        {
            life.Drain(connection);
            return;
        }

        if (fresh.HasFlag(ShutdownFlags.Receive))
        {
            connection.Host.ShutdownReceive();
            GuestBoundFlow.StopReading(connection);
        }

        hostBound.EndIfAllDelivered(connection);
        life.CloseIfBothEnded(connection);
    }

    private void Data(VsockConnection connection, IGuestPayload payload)
    {
        switch (connection.State)
        {
            case ConnectionState.Open when !connection.GuestSaidAll:
                if (!hostBound.TryDeliver(connection, payload))
                {
                    Violated(connection, VsockIncident.CreditViolation);
                }

                return;
            case ConnectionState.Closing:
                // On its way before the guest saw our SHUTDOWN.
                return;
            case ConnectionState.RequestOwed:
            case ConnectionState.RequestSent:
            case ConnectionState.ResponseOwed:
            case ConnectionState.Open:
            case ConnectionState.Draining:
            case ConnectionState.Abandoned:
            case ConnectionState.Resetting:
            case ConnectionState.Gone:
            default:
                Violated(connection, VsockIncident.OutOfTurn);
                return;
        }
    }

    private void TellCredit(VsockConnection connection)
    {
        if (connection.State == ConnectionState.Open)
        {
            life.Owe(connection, RxTurn.CreditUpdate);
        }
    }
}
