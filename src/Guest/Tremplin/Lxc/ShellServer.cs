using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Loop;
using VmTools.Linux.Memory;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>
/// The vshd of one container, kept running behind a socket that the VM's vshd passes connections to. The socket stays open here, so that
/// connections wait in it while vshd is started again.
/// </summary>
internal sealed partial class ShellServer : IAsyncDisposable
{
    private const int Backlog = 64;
    private const int MaxLogBytes = 16 * 1024;
    private const int MaxMarkerBytes = 64;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Between two attempts to be answered, where one connection was lost with a vshd that ended.</summary>
    private static readonly TimeSpan AnswerPause = TimeSpan.FromMilliseconds(200);

    private readonly ContainerName _name;
    private readonly TremplinPaths _paths;
    private readonly ToolRun _tools;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _closing = new();
    private volatile UserName? _user;
    private volatile ChildProcess? _child;
    private Task _keeping = Task.CompletedTask;

    public ShellServer(ContainerRecord container, TremplinPaths paths, ToolRun tools, TimeProvider clock, ILogger log)
    {
        (_name, _user) = (container.Name, container.User);
        (_paths, _tools, _clock, _log) = (paths, tools, clock, log);
    }

    private string SocketPath => $"{_paths.RuntimeOf(_name)}/vshd.sock";

    /// <summary>Who it is: pid and start time.</summary>
    private string MarkerPath => $"{_paths.RuntimeOf(_name)}/vshd.pid";

    public void Start() => _keeping = KeepAsync(former: null);

    /// <summary>Goes on with the vshd of an earlier tremplin until it ends: its sessions live on.</summary>
    public void TakeOver() => _keeping = KeepAsync(FindFormer());

    /// <summary>Completes when vshd has answered.</summary>
    public async Task AnsweringAsync(CancellationToken cancel)
    {
        while (!await TryBeAnsweredAsync(cancel))
        {
            await Task.Delay(AnswerPause, _clock, cancel);
        }
    }

    /// <summary>Sessions that name no user are this one's from now on; vshd is started again for it.</summary>
    public void UseByDefault(UserName user)
    {
        if (_user == user)
        {
            return;
        }

        _user = user;
        if (_child is { } attach)
        {
            foreach (var pid in Processes.ChildrenOf(attach.Pid))
            {
                _ = Processes.Signal(pid, Signal.Term);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _keeping;
        File.Delete(SocketPath);
        File.Delete(MarkerPath);
        _closing.Dispose();
    }

    private async Task KeepAsync(ProcessWatch? former)
    {
        try
        {
            if (former is not null)
            {
                using (former)
                {
                    await former.Exited.WaitAsync(_closing.Token);
                }
            }

            File.Delete(SocketPath);
            using var socket = UnixSocket.Listen(SocketPath, Backlog, FileModes.OwnerReadsAndWrites);
            var pauses = new BackOff(FirstPause, LongestPause);
            while (true)
            {
                await RunOnceAsync(socket);
                await Task.Delay(pauses.Next(), _clock, _closing.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The container has ended.
        }
    }

    private async Task RunOnceAsync(FdHandle socket)
    {
        using var output = MemFd.CreateFixed("vshd", MaxLogBytes);
        try
        {
            var child = _tools.Start(LxcCommands.Attach(_name, _paths, LxcCommands.ShellServer(_user)), output, [socket]);
            _child = child;
            Mark(child);
            var status = await child.Exited.WaitAsync(_closing.Token);
            LogEnded(_name, status, new ToolOutcome(status, ToolRun.TextOf(output)).LastLine);
        }
        catch (VmToolsException failure)
        {
            LogNotStarted(_name, failure.Message);
        }
        finally
        {
            _child = null;
        }
    }

    private void Mark(ChildProcess child) => AtomicFile.Write(
        MarkerPath, Encoding.ASCII.GetBytes($"{child.Pid} {child.StartTime}"), FileModes.OwnerReadsAndWrites);

    private ProcessWatch? FindFormer()
    {
        try
        {
            var words = Encoding.ASCII.GetString(SmallFile.Read(MarkerPath, MaxMarkerBytes)).Split(' ');
            return words.Length == 2
                && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var startTime)
                ? ProcessWatch.TryOpen(pid, startTime)
                : null;
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <summary>
    /// Passes a connection whose other end says half of a length and no more: vshd closes it, and by that shows that it takes connections.
    /// </summary>
    private async Task<bool> TryBeAnsweredAsync(CancellationToken cancel)
    {
        if (UnixSocket.TryConnect(SocketPath, out var way) != Errno.None)
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
            return _child is not null || FindFormer() is not null;
        }
    }

    [LoggerMessage(1901, LogLevel.Warning, "vshd of container {Name} has ended ({Status}) and is started again: {LastLine}")]
    private partial void LogEnded(ContainerName name, ExitStatus status, string lastLine);

    [LoggerMessage(1902, LogLevel.Error, "vshd of container {Name} could not be started: {Reason}")]
    private partial void LogNotStarted(ContainerName name, string reason);
}
