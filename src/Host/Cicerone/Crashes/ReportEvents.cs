using Microsoft.Extensions.Logging;
using VmTools.Host.CrashStore;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Crashes;

/// <summary>Tells the log, the bus and the user's upload hook what became of reports.</summary>
internal sealed partial class ReportEvents(
    Action<StoredReport> signal, UploadHook? hook, CiceroneCounters counters, RefusalThrottle throttle, ILogger log)
{
    public TakeResult Tell(Cid cid, TakeResult result)
    {
        counters.Count(result);
        if (result.Report is { } report)
        {
            TellStored(report, result.Removed);
        }
        else if (result.Outcome is not (TakeOutcome.Ignored or TakeOutcome.NoConsent))
        {
            TellRefused(cid, result);
        }

        return result;
    }

    private void TellStored(StoredReport report, int removed)
    {
        var vm = report.Vm.Name.Value;
        LogStored(vm, report.Id.Value, report.Metadata.Sentence);
        if (removed > 0)
        {
            LogRemoved(vm, removed);
        }

        signal(report);
        hook?.Add(report);
    }

    /// <summary>A guest can be refused at any pace; the log grows slowly.</summary>
    private void TellRefused(Cid cid, TakeResult result)
    {
        if (!throttle.MayTell(cid, result.Outcome, out var untold))
        {
            return;
        }

        var vm = result.Vm?.Name.Value ?? $"CID {cid}";
        if (result.Outcome == TakeOutcome.NoRoom)
        {
            LogNoRoom(vm, result.Why ?? "there is no room", untold);
        }
        else
        {
            LogRefused(vm, WordsFor(result), untold);
        }
    }

    private static string WordsFor(TakeResult result) => result.Outcome switch
    {
        TakeOutcome.UnknownVm => "no VM with this CID is known",
        TakeOutcome.OverRate => "it has sent its share for now",
        TakeOutcome.TooLong => result.Why ?? "it is too large",
        TakeOutcome.UnknownService => "it is of a service that does not exist",
        _ => throw new InvalidOperationException($"{result.Outcome} is not told."),
    };

    [LoggerMessage(3303, LogLevel.Warning, "VM {Vm}: report {Id}: {Sentence}")]
    private partial void LogStored(string vm, string id, string sentence);

    [LoggerMessage(3304, LogLevel.Information, "VM {Vm}: {Count} of the oldest reports had to go for this one")]
    private partial void LogRemoved(string vm, int count);

    [LoggerMessage(3305, LogLevel.Warning, "VM {Vm}: a report was not kept: {Why} (and {Untold} more since this was last told)")]
    private partial void LogRefused(string vm, string why, long untold);

    [LoggerMessage(
        3311, LogLevel.Warning,
        "VM {Vm}: a report could not be written: {Why}. The VM keeps it and sends it again; make room there, or let us write "
        + "(and {Untold} more since this was last told)")]
    private partial void LogNoRoom(string vm, string why, long untold);
}
