using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;

namespace VmTools.Host.VsockDevice.Console;

/// <summary>
/// Takes the guest's console from the VMM and gives it, line by line, to the VM's log. It lives here because this process lives
/// exactly as long as the VM. One VMM at a time. While the console is silent nothing wakes up.
/// </summary>
internal sealed class ConsoleSink : IDisposable
{
    /// <summary>Reads in one turn: a guest that floods its console must not hold up its streams.</summary>
    private const int ReadsPerTurn = 8;

    /// <summary>A prompt has no end of line; after this long it is told as it is.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private readonly byte[] _buffer = new byte[4096];
    private readonly string _path;
    private readonly EventLoop _loop;
    private readonly ConsoleLog _log;
    private readonly ConsoleLines _lines;
    private readonly LoopTimer _silence;
    private readonly FdHandle _listener;
    private readonly FdWatch _listenerWatch;
    private FdHandle? _console;
    private FdWatch _consoleWatch;
    private long _heard;

    /// <summary>The log is this object's from here on.</summary>
    public ConsoleSink(string socketPath, ConsoleLog log, EventLoop loop)
    {
        _path = socketPath;
        _loop = loop;
        _log = log;
        _lines = new ConsoleLines(log.Take);
        _silence = loop.AddTimer(TellRest);
        _listener = UnixSocket.Listen(socketPath, backlog: 1, FileModes.OwnerReadsAndWrites);
        _listenerWatch = loop.Watch(_listener, EpollEvents.In, _ => Accept());
    }

    public void Dispose()
    {
        // What the VMM wrote last is what one wants to read.
        Drain(int.MaxValue);
        LetGo();
        _lines.End();
        _silence.Clear();
        _loop.Unwatch(_listenerWatch);
        _listener.Dispose();
        _log.Dispose();
        File.Delete(_path);
    }

    private void Accept()
    {
        if (UnixSocket.TryAccept(_listener, out var socket) != Errno.None || socket is null)
        {
            return;
        }

        LetGo();
        _console = socket;
        _consoleWatch = _loop.Watch(socket, EpollEvents.In, _ => Drain(ReadsPerTurn));
    }

    private void Drain(int reads)
    {
        while (_console is not null && reads-- > 0)
        {
            var outcome = Fd.TryRead(_console, _buffer, out var count);
            if (outcome == Errno.EAGAIN)
            {
                break;
            }

            if (outcome != Errno.None || count == 0)
            {
                LetGo();
                break;
            }

            _lines.Take(_buffer.AsSpan(0, count));
        }

        _log.Flush();
        _heard = _loop.Now;
        AwaitSilence(Silence);
    }

    private void AwaitSilence(TimeSpan left)
    {
        if ((_lines.IsInside || _log.HasDropped) && !_silence.IsSet)
        {
            _silence.Set(left);
        }
    }

    private void TellRest()
    {
        var left = Silence - TimeSpan.FromMilliseconds(_loop.Now - _heard);
        if (left > TimeSpan.Zero)
        {
            AwaitSilence(left);
            return;
        }

        _lines.End();
        _log.Flush(isSilent: true);
    }

    private void LetGo()
    {
        _loop.Unwatch(_consoleWatch);
        _console?.Dispose();
        _console = null;
    }
}
