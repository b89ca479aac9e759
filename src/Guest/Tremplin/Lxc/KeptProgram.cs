using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Memory;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>
/// A program of ours in one container, kept running behind a socket. The socket stays open here, so that connections wait in it while the
/// program is started again; an earlier tremplin's program goes on.
/// </summary>
/// <param name="program">What it is called, in the log and in the names of its files.</param>
/// <param name="name">The container.</param>
/// <param name="paths">Where its files are.</param>
/// <param name="tools">Start it.</param>
/// <param name="clock">For the pauses.</param>
/// <param name="log">Is told of its ends.</param>
internal sealed partial class KeptProgram(
    string program, ContainerName name, TremplinPaths paths, ToolRun tools, TimeProvider clock, ILogger log) : IAsyncDisposable
{
    private const int Backlog = 64;
    private const int MaxLogBytes = 16 * 1024;
    private const int MaxMarkerBytes = 64;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _closing = new();
    private readonly ILogger _log = log;
    private volatile ChildProcess? _child;
    private Task _keeping = Task.CompletedTask;

    /// <summary>The command line of lxc-attach; the socket is inherited as 3.</summary>
    public required Func<IReadOnlyList<string>> Command { get; init; }

    /// <summary>What is inherited besides, as 4 and so on; closed here when the program has it.</summary>
    public Func<IReadOnlyList<FdHandle>> Passed { get; init; } = static () => [];

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    public string SocketPath => $"{paths.RuntimeOf(name)}/{program}.sock";

    /// <summary>Who it is: pid and start time.</summary>
    private string MarkerPath => $"{paths.RuntimeOf(name)}/{program}.pid";

    public bool Runs => _child is not null || FindFormer() is not null;

    public void Start() => _keeping = KeepAsync(former: null);

    /// <summary>Goes on with the program of an earlier tremplin until it ends.</summary>
    public void TakeOver() => _keeping = KeepAsync(FindFormer());

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
                await Task.Delay(pauses.Next(), clock, _closing.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The container has ended.
        }
    }

    private async Task RunOnceAsync(FdHandle socket)
    {
        using var output = MemFd.CreateFixed(program, MaxLogBytes);
        try
        {
            var child = StartOnce(socket, output);
            _child = child;
            Mark(child);
            var status = await child.Exited.WaitAsync(_closing.Token);
            LogEnded(program, name, status, new ToolOutcome(status, ToolRun.TextOf(output)).LastLine);
        }
        catch (VmToolsException failure)
        {
            LogNotStarted(program, name, failure.Message);
        }
        finally
        {
            _child = null;
        }
    }

    private ChildProcess StartOnce(FdHandle socket, FdHandle output)
    {
        var passed = Passed();
        try
        {
            return tools.Start(Command(), output, [socket, .. passed]);
        }
        finally
        {
            foreach (var fd in passed)
            {
                fd.Dispose();
            }
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

    [LoggerMessage(1901, LogLevel.Warning, "{Program} of container {Name} has ended ({Status}) and is started again: {LastLine}")]
    private partial void LogEnded(string program, ContainerName name, ExitStatus status, string lastLine);

    [LoggerMessage(1902, LogLevel.Error, "{Program} of container {Name} could not be started: {Reason}")]
    private partial void LogNotStarted(string program, ContainerName name, string reason);
}
