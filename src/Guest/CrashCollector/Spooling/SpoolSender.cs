using System.Globalization;
using Microsoft.Extensions.Logging;
using VmTools.Guest.HostCall;
using VmTools.Linux.Files;
using VmTools.Protocol.Wire;

namespace VmTools.Guest.CrashCollector.Spooling;

/// <summary>
/// Brings what is spooled to the host, the oldest first. One collector of a VM does it at a time; it stays, with longer and longer
/// pauses, until the spool is empty or its time is over. The user's consent is asked for before each report.
/// </summary>
internal sealed partial class SpoolSender(ReportSpool spool, CrashListenerCall host, string lockPath, TimeProvider clock, ILogger log)
{
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>How long one collector tries; after that the next crash's collector has to do it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private readonly long _began = clock.GetTimestamp();
    private readonly BackOff _backOff = new(FirstPause, LongestPause);
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
                _backOff.Reset();
                continue;
            }

            if (IsOver)
            {
                return;
            }

            await Task.Delay(_backOff.Next(), clock, cancel);
        }
    }

    /// <summary>False when the host is away and the report stays.</summary>
    private async Task<bool> TrySendAsync(SpooledReport report, CancellationToken cancel)
    {
        switch (await host.AskConsentAsync(cancel))
        {
            case Consent.Unknown:
                NoteAway("it does not answer");
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

    private static byte[] WithDropped(byte[] report, int dropped) => dropped == 0
        ? report
        : CrashReportContent.WithField(report, CrashFields.Dropped, dropped.ToString(CultureInfo.InvariantCulture));

    private void NoteAway(string reason)
    {
        if (!_isAway)
        {
            _isAway = true;
            LogAway(reason);
        }
    }

    [LoggerMessage(1831, LogLevel.Information, "the host does not take crash reports for now, they are kept: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(1832, LogLevel.Warning, "the host refused a crash report for good: {Reason}")]
    private partial void LogRefused(string reason);
}
