using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;
using VmTools.Linux.Sockets;

namespace VmTools.Guest.Vshd.HandOver;

/// <summary>A connection of the host that the VM's shell server has handed over, and what was read from it before.</summary>
internal sealed record HandedOver(FdHandle Connection, ReadOnlyMemory<byte> Read)
{
    /// <summary>Everything is there at once where the sender is the VM's shell server.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Receives one <see cref="HandOverMessage"/> up to its end, and closes the socket that brought it. Whatever is more, less, late or no
    /// socket is a problem, in words for the log; all that came with it is closed then. Loop thread only.
    /// </summary>
    public static async Task<(HandedOver? Taken, string Problem)> ReceiveAsync(FdLoop loop, FdHandle socket, TimeSpan limit)
    {
        var wake = new LoopSignal(loop);
        using var sender = loop.Watch(socket, wake);
        using var deadline = new LoopDeadline(loop, limit, wake);
        var fds = new List<FdHandle>();
        try
        {
            // One byte more shows what is too long.
            var bytes = new byte[HandOverMessage.MaxBytes + 1];
            var length = 0;
            while (true)
            {
                var outcome = UnixSocket.TryReceiveWithFds(sender.Handle, bytes.AsSpan(length), fds, out var count, out var isCut);
                if (outcome == Errno.EAGAIN && !deadline.HasPassed)
                {
                    await wake;
                    continue;
                }

                length += count;
                if (ProblemOf(outcome, isCut, length, fds.Count) is { } problem)
                {
                    return (null, problem);
                }

                if (count == 0)
                {
                    return Whole(bytes.AsMemory(0, length), fds);
                }
            }
        }
        finally
        {
            fds.ForEach(fd => fd.Dispose());
        }
    }

    private static string? ProblemOf(Errno outcome, bool isCut, int length, int fds) => outcome switch
    {
        Errno.EAGAIN => "it did not come in time",
        not Errno.None => $"it could not be received: {outcome}",
        _ when isCut || fds > 1 => "it brought more than one descriptor",
        _ when length > HandOverMessage.MaxBytes => "it brought more bytes than a request has",
        _ => null,
    };

    private static (HandedOver? Taken, string Problem) Whole(ReadOnlyMemory<byte> read, List<FdHandle> fds)
    {
        if (fds is not [var connection] || FileStatus.Of(connection).Kind != FileKind.Socket)
        {
            return (null, "it brought no connection");
        }

        Fd.SetNonBlocking(connection, true);
        fds.Clear();
        return (new HandedOver(connection, read), "");
    }
}
