using VmTools.Linux;
using VmTools.Linux.Loop;

namespace VmTools.Guest.Maitred.Supervision;

/// <summary>
/// Starts a program behind a socket that is there before it (systemd.socket(5)): when a client connects, or when the machine is
/// quiet, so that later clients find it running. From then on the supervisor keeps it; the socket stays open here, and
/// connections queue in it whenever the program is not there.
/// </summary>
internal sealed class SocketActivation : IAsyncDisposable
{
    private readonly FdHandle _socket;
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _start;

    /// <param name="socket">Owned from here on; the program inherits it as descriptor 3.</param>
    /// <param name="spec">The program.</param>
    /// <param name="supervisor">Starts it.</param>
    /// <param name="quiet">Completes when a start would keep no user of the VM waiting; cancelled when that is not to come.</param>
    public SocketActivation(FdHandle socket, LaunchSpec spec, Supervisor supervisor, Task quiet)
    {
        _socket = socket;
        _start = StartAsync(spec with { Inherited = socket }, supervisor, quiet);
    }

    /// <summary>The program is not started any more; one that runs goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposed.TrySetResult();
        await _start;
        _socket.Dispose();
    }

    private async Task StartAsync(LaunchSpec spec, Supervisor supervisor, Task quiet)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (Readiness.Once(_socket, EpollEvents.In, asked.SetResult))
        {
            await Task.WhenAny(_disposed.Task, asked.Task, quiet);
        }

        if (!_disposed.Task.IsCompleted && (asked.Task.IsCompleted || quiet.IsCompletedSuccessfully))
        {
            await supervisor.LaunchAsync(spec, CancellationToken.None);
        }
    }
}
