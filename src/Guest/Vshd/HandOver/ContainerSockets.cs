using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol.Vsh;
using VmTools.Protocol.Wire;

namespace VmTools.Guest.Vshd.HandOver;

/// <summary>
/// The shell servers of the VM's containers as the VM's own reaches them: tremplin makes a socket for each container that runs, in a
/// directory of the container's name.
/// </summary>
internal sealed class ContainerSockets(string directory)
{
    public const string Directory = "/run/vmtools/containers";

    private const string FileName = "vshd.sock";

    /// <summary>How long a container's shell server may be too busy to take another connection.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Hands a connection over with all that was read from it; afterwards the caller's own descriptor of it is of no more use. What stands
    /// in the way comes back as a sentence for the host. Loop thread only.
    /// </summary>
    public async Task<string?> PassAsync(FdLoop loop, string container, ReadOnlyMemory<byte> read, FdHandle connection)
    {
        if (!ContainerNameRule.Allows(container))
        {
            return $"there is no container of such a name: {ContainerNameRule.Sentence}";
        }

        var wake = new LoopSignal(loop);
        using var limit = new LoopDeadline(loop, Limit, wake);
        using var pause = new LoopDeadline(loop, Timeout.InfiniteTimeSpan, wake);
        while (true)
        {
            switch (TryPass(Path.Combine(directory, container, FileName), read.Span, connection))
            {
                case Errno.None:
                    return null;
                case Errno.ENOENT or Errno.ECONNREFUSED:
                    return VshTarget.NotRunning(container);
                case Errno.EAGAIN when !limit.HasPassed:
                    pause.Restart(Pause);
                    await wake;
                    break;
                case Errno.EAGAIN:
                    return $"the shell server of container {container} takes no connection: too many wait there already";
                case var failure:
                    return new LinuxException(failure, $"container {container} cannot be entered").Message;
            }
        }
    }

    private static Errno TryPass(string path, ReadOnlySpan<byte> read, FdHandle connection)
    {
        var outcome = UnixSocket.TryConnect(path, out var socket);
        if (outcome != Errno.None)
        {
            return outcome;
        }

        using (socket)
        {
            return HandOverMessage.TrySend(socket!, read, connection);
        }
    }
}
