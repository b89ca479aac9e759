namespace VmTools.Virtio.Vsock.Connections;

/// <summary>
/// When the next connection is due. A lower bound is kept, not a sorted list: with a few hundred connections one walk when
/// it passes costs less than upkeep on every packet. While the guest is stopped only those it has not seen can be due.
/// </summary>
internal sealed class ConnectionDeadlines(ConnectionTable table, Func<long> clock)
{
    private long _stoppedAt;
    private bool _stopped;

    /// <summary>The earliest time at which <see cref="TakeDue"/> can find something.</summary>
    public long Next { get; private set; } = VsockConnection.Never;

    public long Now => clock();

    public void Set(VsockConnection connection, int inMilliseconds)
    {
        connection.Deadline = clock() + inMilliseconds;
        Next = Math.Min(Next, connection.Deadline);
    }

    public static void Clear(VsockConnection connection) => connection.Deadline = VsockConnection.Never;

    /// <summary>A connection whose time has come, its deadline cleared; null when there is none.</summary>
    public VsockConnection? TakeDue()
    {
        var now = clock();
        if (now < Next)
        {
            return null;
        }

        Next = VsockConnection.Never;
        VsockConnection? due = null;
        for (var slot = 0; slot < table.Slots; slot++)
        {
            if (table.At(slot) is not { } connection || (_stopped && !connection.IsBeforeGuest))
            {
                continue;
            }

            if (due is null && connection.Deadline <= now)
            {
                due = connection;
                Clear(connection);
                continue;
            }

            Next = Math.Min(Next, connection.Deadline);
        }

        return due;
    }

    public void Stop()
    {
        if (_stopped)
        {
            return;
        }

        _stoppedAt = clock();
        _stopped = true;
    }

    /// <summary>Gives every connection of the stopped guest the time it had left.</summary>
    public void Resume()
    {
        if (!_stopped)
        {
            return;
        }

        _stopped = false;
        var lost = clock() - _stoppedAt;
        for (var slot = 0; slot < table.Slots; slot++)
        {
            if (table.At(slot) is not { } connection || connection.Deadline == VsockConnection.Never)
            {
                continue;
            }

            connection.Deadline += connection.IsBeforeGuest ? 0 : lost;
            Next = Math.Min(Next, connection.Deadline);
        }
    }
}
