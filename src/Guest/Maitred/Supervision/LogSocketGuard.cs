using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;

namespace VmTools.Guest.Maitred.Supervision;

/// <summary>
/// Keeps programs from waiting in /dev/log for a vm_syslog that does not read. A full socket whose oldest message stays the same for a
/// while is emptied here; how many messages that cost is told when the socket is read again. Messages of a socket that is not full
/// stay in it for the next vm_syslog.
/// </summary>
internal sealed partial class LogSocketGuard : IAsyncDisposable
{
    /// <summary>Between two looks while the reader runs: it may hang, but seldom does.</summary>
    public static readonly TimeSpan Calm = TimeSpan.FromSeconds(5);

    /// <summary>Between two looks while there is no reader.</summary>
    public static readonly TimeSpan Alert = TimeSpan.FromMilliseconds(250);

    /// <summary>A reader that is just being started has so long before the first message is thrown away.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private const int HeadBytes = 512;
    private const int MaxDiscardedAtOnce = 4096;

    private readonly FdHandle _socket;
    private readonly FdHandle _sender;
    private readonly Func<bool> _hasReader;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _closing = new();
    private readonly byte[] _head = new byte[HeadBytes];
    private readonly Task _watching;
    private int _headLength = -1;
    private long _fullSince;
    private long _lost;

    /// <param name="socket">The bound socket, non-blocking; borrowed.</param>
    /// <param name="path">Where it is bound.</param>
    /// <param name="hasReader">Whether its reader runs.</param>
    /// <param name="clock">For the pauses.</param>
    /// <param name="log">Is told what was lost.</param>
    public LogSocketGuard(FdHandle socket, string path, Func<bool> hasReader, TimeProvider clock, ILogger log)
    {
        var outcome = UnixSocket.TryConnectDatagram(path, out var sender);
        _sender = sender ?? throw new LinuxException(outcome, "connect", path);
        _socket = socket.Duplicate();
        (_hasReader, _clock, _log) = (hasReader, clock, log);
        _watching = WatchAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _watching;
        _socket.Dispose();
        _sender.Dispose();
        _closing.Dispose();
    }

    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(_hasReader() ? Calm : Alert, _clock, _closing.Token);
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The machine goes down.
        }
    }

    private void Look()
    {
        if (!IsFull())
        {
            _headLength = -1;
            TellLost();
            return;
        }

        Span<byte> head = stackalloc byte[HeadBytes];
        if (UnixSocket.TryPeek(_socket, head, out var length) != Errno.None)
        {
            return;
        }

        if (_headLength != length || !_head.AsSpan(0, length).SequenceEqual(head[..length]))
        {
            head[..length].CopyTo(_head);
            _headLength = length;
            _fullSince = _clock.GetTimestamp();
        }

        if (_lost > 0 || _clock.GetElapsedTime(_fullSince) >= (_hasReader() ? Calm : Grace))
        {
            Discard();
        }
    }

    private void Discard()
    {
        Span<byte> first = stackalloc byte[1];
        for (var count = 0; count < MaxDiscardedAtOnce && Fd.TryRead(_socket, first, out _) == Errno.None; count++)
        {
            _lost++;
        }

        _headLength = -1;
    }

    private void TellLost()
    {
        if (_lost > 0 && _hasReader())
        {
            LogLost(_lost);
            _lost = 0;
        }
    }

    /// <summary>A sender may write unless the receiver's queue is full (unix(7)): the kernel tells that to a program that polls.</summary>
    private bool IsFull()
    {
        using var epoll = new Epoll();
        epoll.Add(_sender, EpollEvents.Out, 0);
        Span<EpollEvent> events = stackalloc EpollEvent[1];
        return epoll.Wait(events, 0) == 0;
    }

    [LoggerMessage(1105, LogLevel.Warning,
        "{Count} messages to /dev/log are lost: vm_syslog did not read them, and programs were not to wait")]
    private partial void LogLost(long count);
}
