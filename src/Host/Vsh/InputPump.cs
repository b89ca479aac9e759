using VmTools.Linux;

namespace VmTools.Host.Vsh;

/// <summary>
/// Carries standard input to the guest, whatever it is: terminal, pipe, socket, file, /dev/null. At most one buffer is on
/// its way, so a guest that does not read stops us from reading too. Its end is told to the guest.
/// </summary>
internal sealed class InputPump(FdHandle input, VshSender sender)
{
    private const int BufferBytes = 60_000;

    private readonly bool _canWait = CanWait(input);

    /// <summary>Ends with the input, with the connection, or when cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            var buffer = new byte[BufferBytes];
            while (await ReadAsync(buffer, cancel) is > 0 and var count)
            {
                await sender.SendInputAsync(buffer.AsMemory(0, count), cancel);
            }

            await sender.SendInputAsync(ReadOnlyMemory<byte>.Empty, cancel);
        }
        catch (OperationCanceledException)
        {
            // The session is over.
        }
        catch (IOException)
        {
            // The guest takes no more; what it still has to say is read elsewhere.
        }
    }

    private async ValueTask<int> ReadAsync(byte[] buffer, CancellationToken cancel)
    {
        while (true)
        {
            if (_canWait)
            {
                await Readiness.WaitAsync(input, EpollEvents.In, cancel);
            }

            cancel.ThrowIfCancellationRequested();
            var outcome = Fd.TryRead(input, buffer, out var count);
            if (outcome != Errno.EAGAIN)
            {
                // A terminal that was hung up says EIO: an end like any other.
                return outcome == Errno.None ? count : 0;
            }
        }
    }

    /// <summary>Files are always ready, and epoll refuses them; so are devices like /dev/null.</summary>
    private static bool CanWait(FdHandle input)
    {
        if (Fd.KindOf(input) is FileKind.Regular or FileKind.Directory)
        {
            return false;
        }

        try
        {
            using var probe = new Epoll();
            probe.Add(input, EpollEvents.In, 0);
            return true;
        }
        catch (LinuxException refused) when (refused.Errno == Errno.EPERM)
        {
            return false;
        }
    }
}
