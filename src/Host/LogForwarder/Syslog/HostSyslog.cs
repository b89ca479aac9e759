using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Host.LogForwarder.Counters;
using VmTools.Host.LogForwarder.Lines;
using VmTools.Host.LogStore;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;

namespace VmTools.Host.LogForwarder.Syslog;

/// <summary>
/// Copies of records on their way to the host's syslog socket (<c>/dev/log</c> of rsyslog, journald and others). No
/// VM waits for it: the VMs fill feeds, one task empties them in turns, a datagram a record, and waits while the socket is full or no
/// daemon is behind it.
/// What a feed could not hold meanwhile is counted, and told in a datagram once the socket takes some again.
/// </summary>
internal sealed partial class HostSyslog : IAsyncDisposable
{
    /// <summary>A syslog daemon that is started again is there within moments.</summary>
    private static readonly TimeSpan Absence = TimeSpan.FromSeconds(1);

    /// <summary>A syslog daemon that takes nothing for so long hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long the end may take for what is still in the feeds.</summary>
    private static readonly TimeSpan LastChance = TimeSpan.FromMilliseconds(500);

    private readonly string _path;
    private readonly ForwarderCounters _counters;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private readonly List<SyslogFeed> _feeds = [];
    private readonly SemaphoreSlim _filled = new(0, 1);
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly LineBuffer _note = new();
    private readonly Task _copying;
    private FdHandle? _socket;
    private bool _isAbsenceTold;

    public HostSyslog(string path, ForwarderCounters counters, TimeProvider clock, ILogger log)
    {
        (_path, _counters, _clock, _log) = (path, counters, clock, log);
        _copying = Task.Run(CopyAsync);
    }

    /// <summary>A feed of its own for a VM that runs under this CID.</summary>
    public SyslogFeed Open(uint cid)
    {
        var feed = new SyslogFeed(cid, Wake);
        lock (_lock)
        {
            _feeds.Add(feed);
        }

        return feed;
    }

    public async ValueTask DisposeAsync()
    {
        _ended.CancelAfter(LastChance);
        await _ending.CancelAsync();
        await _copying;
        _socket?.Dispose();
        _ending.Dispose();
        _ended.Dispose();
        _filled.Dispose();
    }

    private void Wake()
    {
        lock (_lock)
        {
            if (_filled.CurrentCount == 0)
            {
                _filled.Release();
            }
        }
    }

    private async Task CopyAsync()
    {
        try
        {
            while (!_ending.IsCancellationRequested)
            {
                await _filled.WaitAsync(_ending.Token);
                await EmptyAsync();
            }
        }
        catch (OperationCanceledException)
        {
            await LastAsync();
        }
    }

    private async Task LastAsync()
    {
        try
        {
            await EmptyAsync();
        }
        catch (OperationCanceledException)
        {
            // The socket took too long; the files have everything.
        }
    }

    /// <summary>A datagram of each feed in turn, until none has any.</summary>
    private async Task EmptyAsync()
    {
        for (var isMore = true; isMore;)
        {
            isMore = false;
            foreach (var feed in Feeds())
            {
                isMore |= await TrySendNextAsync(feed);
            }
        }
    }

    private SyslogFeed[] Feeds()
    {
        lock (_lock)
        {
            _feeds.RemoveAll(static feed => feed.IsOver);
            return [.. _feeds];
        }
    }

    /// <summary>False where the feed has nothing.</summary>
    private async Task<bool> TrySendNextAsync(SyslogFeed feed)
    {
        while (true)
        {
            if (TrySendNext(feed, out var outcome) is { } isSent)
            {
                return isSent;
            }

            if (outcome is Errno.EAGAIN or Errno.ENOBUFS && _socket is { } full)
            {
                await RoomAsync(full);
                continue;
            }

            // vmlog_forwarder does not delay its end for a daemon that is not there.
            _ending.Token.ThrowIfCancellationRequested();
            TellAbsence(outcome);
            await Task.Delay(Absence, _clock, _ending.Token);
        }
    }

    /// <summary>Waits for room, but not for ever: another daemon may have taken the place of one that hangs.</summary>
    private async Task RoomAsync(FdHandle full)
    {
        using var patience = new CancellationTokenSource(Patience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _ended.Token);
        try
        {
            await Readiness.WaitAsync(full, EpollEvents.Out, either.Token);
        }
        catch (OperationCanceledException) when (!_ended.IsCancellationRequested)
        {
            Disconnect();
        }
    }

    /// <summary>Null where it could not be sent now, which the outcome explains.</summary>
    private bool? TrySendNext(SyslogFeed feed, out Errno outcome)
    {
        outcome = Errno.None;
        if (feed.TryPeek(out var datagram))
        {
            outcome = TrySend(datagram);
            if (outcome == Errno.None)
            {
                _counters.PassedOn();
            }
            else if (outcome == Errno.EMSGSIZE)
            {
                _counters.NotPassedOn(1);
            }
            else
            {
                return null;
            }

            feed.Remove();
            return true;
        }

        if (feed.TakeDropped() is > 0 and var dropped)
        {
            var text = string.Create(
                CultureInfo.InvariantCulture, $"vmlog_forwarder: {dropped} records not copied: the host's syslog did not take them");
            _note.Clear();
            SyslogDatagram.Write(_clock.GetUtcNow(), LogPriority.HostWarning, feed.Cid, Encoding.ASCII.GetBytes(text), _note);
            feed.Add(_note.Written);
            return true;
        }

        return false;
    }

    private Errno TrySend(ReadOnlySpan<byte> datagram)
    {
        if (_socket is null)
        {
            var connected = UnixSocket.TryConnectDatagram(_path, out _socket);
            if (connected != Errno.None)
            {
                return connected;
            }
        }

        var outcome = UnixSocket.TrySend(_socket!, datagram, out _);
        if (outcome is Errno.None)
        {
            TellPresence();
        }
        else if (outcome is not (Errno.EAGAIN or Errno.ENOBUFS or Errno.EMSGSIZE))
        {
            // The daemon behind it has ended; one that is started again has a socket of its own.
            Disconnect();
        }

        return outcome;
    }

    private void Disconnect()
    {
        _socket?.Dispose();
        _socket = null;
    }

    private void TellAbsence(Errno why)
    {
        if (!_isAbsenceTold)
        {
            _isAbsenceTold = true;
            LogAbsent(_path, why);
        }
    }

    private void TellPresence()
    {
        if (_isAbsenceTold)
        {
            _isAbsenceTold = false;
            LogPresent(_path);
        }
    }

    [LoggerMessage(
        3210, LogLevel.Warning,
        "The host's syslog at {Path} takes nothing for now ({Why}); "
        + "the VMs' files have everything, and copies are kept as far as there is room.")]
    private partial void LogAbsent(string path, Errno why);

    [LoggerMessage(3211, LogLevel.Information, "The host's syslog at {Path} takes records again.")]
    private partial void LogPresent(string path);
}
