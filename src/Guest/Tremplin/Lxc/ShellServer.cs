using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>The vshd of one container, behind a socket that the VM's vshd passes connections to.</summary>
internal sealed class ShellServer : IAsyncDisposable
{
    /// <summary>Between two attempts to be answered, where one connection was lost with a vshd that ended.</summary>
    private static readonly TimeSpan AnswerPause = TimeSpan.FromMilliseconds(200);

    private readonly KeptProgram _vshd;
    private readonly TimeProvider _clock;

    public ShellServer(ContainerName container, TremplinPaths paths, ToolRun tools, TimeProvider clock, ILogger log)
    {
        _clock = clock;
        _vshd = new KeptProgram("vshd", container, paths, tools, clock, log)
        {
            Command = () => LxcCommands.Attach(container, paths, LxcCommands.ShellServer),
        };
    }

    public void Start() => _vshd.Start();

    /// <summary>Goes on with the vshd of an earlier tremplin until it ends: its sessions live on.</summary>
    public void TakeOver() => _vshd.TakeOver();

    /// <summary>Completes when vshd has answered.</summary>
    public async Task AnsweringAsync(CancellationToken cancel)
    {
        while (!await TryBeAnsweredAsync(cancel))
        {
            await Task.Delay(AnswerPause, _clock, cancel);
        }
    }

    public ValueTask DisposeAsync() => _vshd.DisposeAsync();

    /// <summary>
    /// Passes a connection whose other end says half of a length and no more: vshd closes it, and by that shows that it takes connections.
    /// </summary>
    private async Task<bool> TryBeAnsweredAsync(CancellationToken cancel)
    {
        if (UnixSocket.TryConnect(_vshd.SocketPath, out var way) != Errno.None)
        {
            return false;
        }

        var (ours, theirs) = UnixSocket.Pair();
        using (ours)
        {
            // vshd begins with a connection when it has been passed whole: the way it came on is closed.
            using (way)
            using (theirs)
            {
                if (UnixSocket.TrySendWithFds(way!, "\0"u8, [theirs], out _) != Errno.None)
                {
                    return false;
                }
            }

            UnixSocket.Shutdown(ours, System.Net.Sockets.SocketShutdown.Send);
            await Readiness.WaitAsync(ours, EpollEvents.In, cancel);
            return _vshd.Runs;
        }
    }
}
