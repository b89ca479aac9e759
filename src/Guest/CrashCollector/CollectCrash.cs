using Microsoft.Extensions.Logging;
using VmTools.Guest.CrashCollector.Conversion;
using VmTools.Guest.CrashCollector.Facts;
using VmTools.Guest.CrashCollector.Filtering;
using VmTools.Guest.CrashCollector.Reports;
using VmTools.Guest.CrashCollector.Spooling;
using VmTools.Guest.HostCall;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Terminals;

namespace VmTools.Guest.CrashCollector;

/// <summary>
/// One crash, from the kernel's notice to the host: 1 is it to be reported; 2 does the user want reports; 3 what /proc still
/// has; 4 rights away; 5 the core into a minidump; 6 into the spool; 7 the kernel may let the process go; 8 to the host. The kernel holds
/// the process until step 7. Whatever fails, a report of what is known is sent.
/// </summary>
internal sealed partial class CollectCrash(CollectorState state, CrashListenerCall host, TimeProvider clock, ILogger log)
{
    public static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan CoreLimit = TimeSpan.FromSeconds(120);

    /// <summary>Longer than all the limits above together; past it the kernel ends us.</summary>
    private static readonly TimeSpan CollectLimit = TimeSpan.FromSeconds(180);

    private const string Proc = "/proc";

    public async Task RunAsync(CrashNotice notice, FdHandle input, CancellationToken cancel)
    {
        LifeLimit.Set(CollectLimit);

        // 1
        var reader = new SnapshotReader(Proc, "/");
        var executable = reader.ExecutableOf(notice);
        var lost = TellLost();
        var verdict = await VerdictAsync(notice, executable, cancel);
        if (verdict.IsAllowed)
        {
            using var inFlight = InFlightMarker.Begin(state.InFlight, $"{CrashReportBuilder.NameOf(executable)}[{notice.Pid}]");

            // 2, 3
            var time = clock.GetUtcNow();
            var asking = host.AskConsentAsync(cancel);
            using var snapshot = await LookAsync(reader, notice, cancel);
            var consent = await asking;
            if (snapshot is null)
            {
                var bare = new ProcessSnapshot { Executable = executable };
                await ReportBareAsync(new CrashReportBuilder(notice, bare, time), consent, cancel);
                return;
            }

            // 4, 5, 6
            CollectorJail.Enter(state.User);
            await Spool.CountDroppedAsync(lost, cancel);
            if (consent != Consent.Refused)
            {
                var core = await new CoreConversion(clock).RunAsync((notice, snapshot, time), (input, CoreLimit), cancel);
                var report = new CrashReportBuilder(notice, snapshot, time).Build(core, verdict.Suppressed);
                await Spool.AddAsync(report.Serialize(), cancel);
            }
            else
            {
                LogRefused(notice.Pid);
                Spool.Clear();
            }
        }
        else
        {
            CollectorJail.Enter(state.User);
            await Spool.CountDroppedAsync(lost, cancel);
        }

        // 7, 8
        StandardFds.LeaveInput();
        LifeLimit.Set(SpoolSender.Lifetime + CollectLimit);
        await new SpoolSender(Spool, host, state.SenderLock, clock, log).RunAsync(cancel);
    }

    private ReportSpool Spool => new(state.Spool, clock);

    /// <summary>
    /// A thread of ours hangs in what the process controls, and the rights of a process go only when all its threads give them up. So the
    /// core is left alone, the spool too, and the report is sent once.
    /// </summary>
    private async Task ReportBareAsync(CrashReportBuilder builder, Consent consent, CancellationToken cancel)
    {
        StandardFds.LeaveInput();
        if (consent == Consent.Granted)
        {
            var core = CoreSummary.NotRead($"the process could not be looked at within {LookLimit.TotalSeconds} s");
            await host.SendAsync(builder.Build(core, suppressed: 0).Serialize(), cancel);
        }
    }

    /// <summary>How many crashes earlier collectors have died of.</summary>
    private int TellLost()
    {
        var lost = InFlightMarker.TakeLost(state.InFlight);
        foreach (var what in lost)
        {
            LogLost(what);
        }

        return lost.Count;
    }

    private async Task<RateVerdict> VerdictAsync(CrashNotice notice, string executable, CancellationToken cancel)
    {
        var name = CrashReportBuilder.NameOf(executable);
        if (IsFiltered(executable))
        {
            LogNotice(name, notice.Pid, notice.Signal, notice.Uid, notice.Gid, "ignoring - filtered by path");
            return new RateVerdict(false, 0);
        }

        var verdict = await new RateFile(state.Directory, clock).CountAsync(executable, cancel);
        var reason = verdict.IsAllowed ? "handling" : "ignoring - it crashes too often";
        LogNotice(name, notice.Pid, notice.Signal, notice.Uid, notice.Gid, reason);
        return verdict;
    }

    private bool IsFiltered(string executable)
    {
        if (!File.Exists(CrashFilter.DefaultPath))
        {
            return false;
        }

        if (!CrashFilter.TryParse(ProcFiles.ReadText(CrashFilter.DefaultPath, CrashFilter.MaxBytes), out var filter))
        {
            LogBadFilter(CrashFilter.DefaultPath);
        }

        return filter.Blocks(CrashReportBuilder.WithoutMark(executable));
    }

    /// <summary>A process can make even the reading of its command line wait; it gets so long and no longer.</summary>
    private async Task<ProcessSnapshot?> LookAsync(SnapshotReader reader, CrashNotice notice, CancellationToken cancel)
    {
        try
        {
            return await Task.Run(() => reader.Read(notice), cancel).WaitAsync(LookLimit, clock, cancel);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    [LoggerMessage(1801, LogLevel.Warning,
        "Received crash notification for {Name}[{Pid}] sig {Signal}, user {User} group {Group} ({Reason})")]
    private partial void LogNotice(string name, int pid, int signal, uint user, uint group, string reason);

    [LoggerMessage(1802, LogLevel.Information, "the crash of process {Pid} is not reported: the host's user does not want reports")]
    private partial void LogRefused(int pid);

    [LoggerMessage(1803, LogLevel.Warning, "{Path} is not a crash filter; nothing is filtered")]
    private partial void LogBadFilter(string path);

    [LoggerMessage(1804, LogLevel.Error, "the crash of {What} is lost: the collector died while it worked on it")]
    private partial void LogLost(string what);
}
