using System.Text.Json.Serialization;

namespace VmTools.Host.Cicerone.Crashes;

/// <summary>What the daemon has done since it started; numbers only, for the method Status.</summary>
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

/// <summary>One look at the counters.</summary>
internal sealed record CiceroneStatus
{
    /// <summary>VMs that run now.</summary>
    public int Vms { get; init; }

    public long StoredReports { get; init; }

    /// <summary>The sizes of all stored reports together.</summary>
    public long StoredBytes { get; init; }

    /// <summary>The oldest reports, which were removed to make room for younger ones.</summary>
    public long RemovedReports { get; init; }

    /// <summary>Reports beyond what their VM may send.</summary>
    public long ReportsOverRate { get; init; }

    /// <summary>Reports that were refused because the user does not want any.</summary>
    public long ReportsWithoutConsent { get; init; }

    /// <summary>Reports that were too large, or of a service that does not exist.</summary>
    public long RefusedReports { get; init; }

    /// <summary>Reports that were not written, mostly for want of room; the guest keeps them.</summary>
    public long ReportsWithoutRoom { get; init; }

    /// <summary>Reports from a CID that belongs to no VM we know, or of a VM that goes down.</summary>
    public long IgnoredReports { get; init; }

    public long FinishedUploads { get; init; }

    public long FailedUploads { get; init; }
}

/// <summary>The JSON shape of the counters, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CiceroneStatus))]
internal sealed partial class CiceroneStatusJson : JsonSerializerContext;
