using VmTools.Host.Cicerone.Crashes;

namespace VmTools.Host.Cicerone;

/// <summary>What the daemon has done since it started; numbers only, for whoever asks how it fares.</summary>
internal sealed class CiceroneCounters
{
    private readonly long[] _outcomes = new long[Enum.GetValues<TakeOutcome>().Length];
    private long _bytes;
    private long _removed;
    private long _finishedUploads;
    private long _failedUploads;

    public void Count(TakeResult result)
    {
        Interlocked.Increment(ref _outcomes[(int)result.Outcome]);
        Interlocked.Add(ref _bytes, result.Report?.Bytes ?? 0);
        Interlocked.Add(ref _removed, result.Removed);
    }

    public void Uploaded(bool isFinished) => Interlocked.Increment(ref isFinished ? ref _finishedUploads : ref _failedUploads);

    public CiceroneStatus Read(int vms) => new()
    {
        Vms = vms,
        StoredReports = Of(TakeOutcome.Stored),
        StoredBytes = Interlocked.Read(ref _bytes),
        RemovedReports = Interlocked.Read(ref _removed),
        ReportsOverRate = Of(TakeOutcome.OverRate),
        ReportsWithoutConsent = Of(TakeOutcome.NoConsent),
        RefusedReports = Of(TakeOutcome.TooLong) + Of(TakeOutcome.UnknownService),
        ReportsWithoutRoom = Of(TakeOutcome.NoRoom),
        IgnoredReports = Of(TakeOutcome.UnknownVm) + Of(TakeOutcome.Ignored),
        FinishedUploads = Interlocked.Read(ref _finishedUploads),
        FailedUploads = Interlocked.Read(ref _failedUploads),
    };

    private long Of(TakeOutcome outcome) => Interlocked.Read(ref _outcomes[(int)outcome]);
}
