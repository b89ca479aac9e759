using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Transfers;

/// <summary>
/// A descriptor that a client has given, of a file, a pipe or a socket: what is done with it can be cancelled however long the other end
/// waits, and its flags, which the client shares, stay as they are.
/// </summary>
internal sealed class GivenDescriptor(FdHandle descriptor) : IDisposable
{
    /// <summary>As much as a pipe that takes anything takes at once (PIPE_BUF).</summary>
    private const int PipeBytes = 4096;

    private readonly bool _waits = Fd.KindOf(descriptor) != FileKind.Regular;

    /// <summary>0 at the end.</summary>
    /// <exception cref="VmToolsException">It cannot be read.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        await ReadyAsync(EpollEvents.In, cancel);
        return Fd.TryRead(descriptor, buffer.Span, out var count) is var error and not Errno.None
            ? throw new VmToolsException(ErrorKind.FailedPrecondition, $"The file that was given cannot be read: {error}.")
            : count;
    }

    /// <exception cref="VmToolsException">It cannot be written, as where nobody reads the pipe any more or the disk is full.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        while (!bytes.IsEmpty)
        {
            await ReadyAsync(EpollEvents.Out, cancel);
            var part = _waits ? bytes[..Math.Min(bytes.Length, PipeBytes)] : bytes;
            if (Fd.TryWrite(descriptor, part.Span, out var count) is var error and not Errno.None)
            {
                throw new VmToolsException(ErrorKind.FailedPrecondition, $"The file that was given cannot be written: {error}.");
            }

            bytes = bytes[count..];
        }
    }

    public void Dispose() => descriptor.Dispose();

    private async ValueTask ReadyAsync(EpollEvents events, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (!_waits)
        {
            return;
        }

        try
        {
            await Readiness.WaitAsync(descriptor, events, cancel);
        }
        catch (LinuxException refused) when (refused.Errno == Errno.EPERM)
        {
            // A device such as /dev/null lets nobody wait.
        }
    }
}
