using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using VmTools.Guest.CrashCollector.Spooling;
using VmTools.Linux;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Guest.CrashCollector.Sending;

/// <summary>
/// Brings what is spooled to the host, the oldest first. One collector of a VM does it at a time; it stays, with longer and longer
/// pauses, until the spool is empty or its time is over. The user's consent is asked for before each report.
/// </summary>
internal sealed partial class SpoolSender(ReportSpool spool, CrashListenerCall host, string lockPath, TimeProvider clock, ILogger log)
{
    public const string DroppedKey = "dropped";

    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>Then the next crash's collector has to do it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private readonly long _began = clock.GetTimestamp();
    private TimeSpan _pause = FirstPause;
    private bool _isAway;

    /// <summary>
    /// Returns at once where another collector is at it. What is spooled between that one's last look and the release of its lock is
    /// found by looking again after it.
    /// </summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        do
        {
            using var held = FileLock.TryTake(lockPath);
            if (held is null)
            {
                return;
            }

            await DrainAsync(cancel);
        }
        while (spool.Oldest() is not null && !IsOver);
    }

    private bool IsOver => clock.GetElapsedTime(_began) > Lifetime;

    private async Task DrainAsync(CancellationToken cancel)
    {
        while (spool.Oldest() is { } report)
        {
            if (await TrySendAsync(report, cancel))
            {
                _pause = FirstPause;
                continue;
            }

            if (IsOver)
            {
                return;
            }

            await Task.Delay(_pause, clock, cancel);
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }
    }

    /// <summary>False when the host is away and the report stays.</summary>
    private async Task<bool> TrySendAsync(SpooledReport report, CancellationToken cancel)
    {
        switch (await host.AskConsentAsync(cancel))
        {
            case Consent.Unknown:
                NoteAway("nobody answers");
                return false;
            case Consent.Refused:
                spool.Clear();
                return true;
            case Consent.Granted:
            default:
                return await TryHandOverAsync(report, cancel);
        }
    }

    private async Task<bool> TryHandOverAsync(SpooledReport report, CancellationToken cancel)
    {
        var dropped = spool.Dropped;
        var (outcome, reason) = await host.SendAsync(WithDropped(report.Content, dropped), cancel);
        switch (outcome)
        {
            case ReportOutcome.Away:
                NoteAway(reason);
                return false;
            case ReportOutcome.Refused:
                LogRefused(reason);
                ReportSpool.Remove(report);
                await spool.CountDroppedAsync(1, cancel);
                return true;
            case ReportOutcome.Taken:
            default:
                ReportSpool.Remove(report);
                await spool.CountDroppedAsync(-dropped, cancel);
                _isAway = false;
                return true;
        }
    }

    private static ReadOnlyMemory<byte> WithDropped(byte[] content, int dropped)
    {
        if (dropped == 0)
        {
            return content;
        }

        // Of two messages one after the other the entries of both maps count (protobuf.dev, "Encoding", "Last One Wins").
        var addition = new CrashReport { Metadata = { [DroppedKey] = dropped.ToString(CultureInfo.InvariantCulture) } };
        return (byte[])[.. content, .. addition.ToByteArray()];
    }

    private void NoteAway(string reason)
    {
        if (!_isAway)
        {
            _isAway = true;
            LogAway(reason);
        }
    }

    [LoggerMessage(EventId = 1831, Level = LogLevel.Information, Message = "the host does not take crash reports for now, they are kept: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(EventId = 1832, Level = LogLevel.Warning, Message = "the host refused a crash report for good: {Reason}")]
    private partial void LogRefused(string reason);
}
