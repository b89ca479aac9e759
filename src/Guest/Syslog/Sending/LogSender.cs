using Microsoft.Extensions.Logging;
using VmTools.Guest.HostCall;
using VmTools.Guest.Syslog.Spooling;

namespace VmTools.Guest.Syslog.Sending;

/// <summary>
/// Moves the spool to the host, a batch at a time and each until the host has answered for it. Much is sent at once, little
/// after a short while, but at most every few seconds, so that a program that mutters costs a call now and then.
/// </summary>
internal sealed partial class LogSender(
    Spool spool, LogCollectorCall collector, Action<SpooledBatch> taken, TimeProvider clock, ILogger log)
{
    /// <summary>So many bytes may wait for a while; more are sent at once.</summary>
    public const int FlushBytes = 4096;

    /// <summary>Time between two sendings of less than that.</summary>
    public static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(5);

    /// <summary>After silence, for what comes together with the first record.</summary>
    public static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly BackOff _backOff = new(FirstPause, LongestPause);
    private readonly HashSet<LogKind> _notServed = [];
    private long _lastFlush = clock.GetTimestamp() - (long)(FlushInterval.TotalSeconds * clock.TimestampFrequency);
    private SpooledBatch? _unanswered;
    private bool _isAway;

    /// <summary>
    /// Sends until <paramref name="stop"/>; a call that is on its way then is finished, unless <paramref name="abandon"/> ends it.
    /// </summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken abandon)
    {
        try
        {
            while (true)
            {
                await FlushIsDueAsync(stop);
                while (NextBatch() is { } batch)
                {
                    if (!await TrySendAsync(batch, abandon))
                    {
                        await Task.Delay(_backOff.Next(), clock, stop);
                    }

                    stop.ThrowIfCancellationRequested();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is left is the last flush's.
        }
    }

    /// <summary>The end: everything that is still there, as long as the host takes it.</summary>
    public async Task FlushAsync(CancellationToken abandon)
    {
        while (NextBatch() is { } batch && await TrySendAsync(batch, abandon))
        {
            // One after the other.
        }
    }

    private async Task FlushIsDueAsync(CancellationToken stop)
    {
        await spool.AtLeastAsync(1).WaitAsync(stop);
        var wait = FlushInterval - clock.GetElapsedTime(_lastFlush);
        wait = wait > Gathering ? wait : Gathering;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var time = Task.Delay(wait, clock, enough.Token);
        if (await Task.WhenAny(spool.AtLeastAsync(FlushBytes + 1), time) == time)
        {
            stop.ThrowIfCancellationRequested();
            _lastFlush = clock.GetTimestamp();
        }

        await enough.CancelAsync();
    }

    private SpooledBatch? NextBatch() => _unanswered ??= spool.TakeBatch();

    /// <summary>False when the host is away and the batch has to be sent again.</summary>
    private async Task<bool> TrySendAsync(SpooledBatch batch, CancellationToken abandon)
    {
        var (outcome, reason) = _notServed.Contains(batch.Kind)
            ? (SendOutcome.NotServed, "")
            : await SendAsync(batch, abandon);
        if (outcome == SendOutcome.Away)
        {
            NoteAway(reason);
            return false;
        }

        NoteThere();
        if (outcome == SendOutcome.NotServed && _notServed.Add(batch.Kind))
        {
            LogNotServed(batch.Kind);
        }
        else if (outcome == SendOutcome.Refused)
        {
            LogRefused(batch.Count, reason);
        }

        taken(batch);
        _unanswered = null;
        _backOff.Reset();
        return true;
    }

    private Task<(SendOutcome Outcome, string Reason)> SendAsync(SpooledBatch batch, CancellationToken abandon) =>
        batch.Kind == LogKind.Kernel
            ? collector.SendKernelLogsAsync(batch.Number, batch.Request, abandon)
            : collector.SendUserLogsAsync(batch.Number, batch.Request, abandon);

    /// <summary>Once for each absence: what is said here is itself a record that has to be sent.</summary>
    private void NoteAway(string reason)
    {
        if (!_isAway)
        {
            _isAway = true;
            LogAway(reason);
        }
    }

    private void NoteThere()
    {
        if (_isAway)
        {
            _isAway = false;
            LogBack();
        }
    }

    [LoggerMessage(1601, LogLevel.Information, "the host does not take logs for now, they are kept: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(1602, LogLevel.Information, "the host takes logs again")]
    private partial void LogBack();

    [LoggerMessage(1603, LogLevel.Information, "the host does not want records of the kind {Kind}")]
    private partial void LogNotServed(LogKind kind);

    [LoggerMessage(1604, LogLevel.Warning, "the host refused {Count} records for good: {Reason}")]
    private partial void LogRefused(int count, string reason);
}
