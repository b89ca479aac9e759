using VmTools.Linux;
using VmTools.Linux.Loop;

namespace VmTools.Host.Vsh;

/// <summary>
/// Carries standard input to the guest, whatever it is: terminal, pipe, socket, file, /dev/null. At most one buffer is on
/// its way, so a guest that does not read stops us from reading too. Its end is told to the guest, and nothing else is told
/// as its end: neither an error nor a terminal that was closed.
/// </summary>
internal sealed class InputPump(VshStdio stdio, VshSender sender, VshActivity activity)
{
    private const int BufferBytes = 60_000;
    private const byte CtrlC = 0x03;

    private readonly FdHandle _input = stdio.Input;
    private readonly bool _canWait = CanWait(stdio.Input);

    /// <summary>Ends with the input, with the connection, or when cancelled; not null where the session is to end with it.</summary>
    public async Task<VshEnding?> RunAsync(CancellationToken cancel)
    {
        try
        {
            return stdio.IsInteractive ? await CopyTerminalAsync(cancel) : await CopyAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            // The session is over.
            return null;
        }
        catch (IOException)
        {
            // The guest takes no more; what it still has to say is read elsewhere.
            return null;
        }
    }

    /// <summary>A terminal may be closed while the input read last cannot be sent.</summary>
    private async Task<VshEnding?> CopyTerminalAsync(CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task<VshEnding?>[] both = [CopyAsync(over.Token), HungUpAsync(over.Token)];
        var first = await Task.WhenAny(both);
        await over.CancelAsync();
        await ((Task)Task.WhenAll(both)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await first;
    }

    private async Task<VshEnding?> CopyAsync(CancellationToken cancel)
    {
        var buffer = new byte[BufferBytes];
        while (true)
        {
            var (failure, count) = await ReadAsync(buffer, cancel);
            if (count == 0 && stdio.IsInteractive)
            {
                // A raw terminal has no end of input; one that was hung up says EIO or gives nothing.
                return VshEnding.TerminalClosed;
            }

            if (failure != Errno.None)
            {
                return VshEnding.InputFailed(failure);
            }

            if (activity.IsUnanswered && stdio.IsInteractive && buffer.AsSpan(0, count).Contains(CtrlC))
            {
                return VshEnding.Left;
            }

            await sender.SendInputAsync(buffer.AsMemory(0, count), cancel);
            if (count == 0)
            {
                return null;
            }
        }
    }

    private async Task<VshEnding?> HungUpAsync(CancellationToken cancel)
    {
        // A number of its own, for epoll knows each number once.
        using var terminal = _input.Duplicate();
        await Readiness.WaitAsync(terminal, EpollEvents.None, cancel);
        return VshEnding.TerminalClosed;
    }

    private async ValueTask<(Errno Failure, int Count)> ReadAsync(byte[] buffer, CancellationToken cancel)
    {
        while (true)
        {
            if (_canWait)
            {
                await Readiness.WaitAsync(_input, EpollEvents.In, cancel);
            }

            cancel.ThrowIfCancellationRequested();
            var outcome = Fd.TryRead(_input, buffer, out var count);
            if (outcome != Errno.EAGAIN)
            {
                return (outcome, count);
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
