namespace VmTools.Virtio.Vsock;

/// <summary>
/// The rules for packets from the guest, root in it included. A packet that is not between this guest and the host never
/// reaches a connection; one that breaks a rule costs the guest that connection and nothing else; a reset is never answered.
/// Whatever comes, it is taken at once and has a place: see <see cref="VsockBridge"/>.
/// </summary>
internal sealed class GuestPackets(
    GuestBoundParts parts, ConnectionLife life, HostBoundFlow hostBound, GuestBoundFlow guestBound)
{
    public required IHostPrograms HostPrograms { get; init; }

    public required IVsockObserver Observer { get; init; }

    public void Receive(in VsockHeader header, IGuestPayload payload)
    {
        var key = KeyOf(header);
        if (header.SourceCid != parts.GuestCid || header.DestinationCid != VsockBridge.HostCid)
        {
            Refuse(header, VsockIncident.ForeignAddress);
        }
        else if (header.Type != VsockSocketType.Stream)
        {
            Refuse(header, VsockIncident.UnknownType);
        }
        else if (header.Operation == VsockOperation.Request)
        {
            Request(header, key);
        }
        else if (parts.Table.Find(key) is { } connection)
        {
            Receive(connection, header, payload);
        }
        else
        {
            Mirror(header);
        }
    }

    /// <summary>A packet whose header claims more payload than there is, or that is too long to be one.</summary>
    public void Malformed(in VsockHeader header)
    {
        var key = KeyOf(header);
        Observer.Happened(VsockIncident.Malformed, key);
        if (header.SourceCid == parts.GuestCid
            && header.DestinationCid == VsockBridge.HostCid
            && parts.Table.Find(key) is { } connection)
        {
            Kill(connection);
            return;
        }

        Mirror(header);
    }

    private void Request(in VsockHeader header, ConnectionKey key)
    {
        if (parts.Table.Find(key) is { } old)
        {
            Observer.Happened(VsockIncident.RefusedRequest, key);
            Kill(old);
        }
        else if (PortAllocator.IsEphemeral(key.HostPort))
        {
            Refuse(header, VsockIncident.RefusedRequest);
        }
        else if (header.ForwardCount != 0)
        {
            Refuse(header, VsockIncident.CreditViolation);
        }
        else if (parts.Table.IsFullForGuest)
        {
            Refuse(header, VsockIncident.TableFull);
        }
        else if (HostPrograms.TryDial(key.HostPort, key.GuestPort) is { } host)
        {
            var connection = parts.Table.AddOpenedByGuest(key, host);
            connection.GuestBound.Credit.TryUpdate(header.BufferAllocated, header.ForwardCount);
            life.AwaitResponse(connection);
        }
        else
        {
            Mirror(header);
        }
    }

    private void Receive(VsockConnection connection, in VsockHeader header, IGuestPayload payload)
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

    private void Violated(VsockConnection connection, VsockIncident how)
    {
        Observer.Happened(how, connection.Key);
        Kill(connection);
    }

    private void Kill(VsockConnection connection)
    {
        if (connection.State != ConnectionState.Resetting)
        {
            life.Reset(connection);
        }
    }

    private void Refuse(in VsockHeader header, VsockIncident why)
    {
        Observer.Happened(why, KeyOf(header));
        Mirror(header);
    }

    private void Mirror(in VsockHeader header)
    {
        if (header.Operation != VsockOperation.Reset && !parts.Mirrored.Add(header.MirroredReset()))
        {
            Observer.Happened(VsockIncident.ResetForgotten, KeyOf(header));
        }
    }

    private static ConnectionKey KeyOf(in VsockHeader header) => new(header.DestinationPort, header.SourcePort);
}
