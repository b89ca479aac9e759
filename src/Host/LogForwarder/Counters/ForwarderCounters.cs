using System.Text.Json.Serialization;

namespace VmTools.Host.LogForwarder.Counters;

/// <summary>What the daemon has done since it started; numbers only, for the method Status.</summary>
internal sealed class ForwarderCounters
{
    private long _batches;
    private long _records;
    private long _bytes;
    private long _repeated;
    private long _dropped;
    private long _refused;
    private long _unknown;
    private long _passedOn;
    private long _notPassedOn;

    public void Written(int records, int bytes)
    {
        Interlocked.Increment(ref _batches);
        Interlocked.Add(ref _records, records);
        Interlocked.Add(ref _bytes, bytes);
    }

    public void Repeated() => Interlocked.Increment(ref _repeated);

    public void Dropped(int records) => Interlocked.Add(ref _dropped, records);

    public void Refused() => Interlocked.Increment(ref _refused);

    public void Unknown() => Interlocked.Increment(ref _unknown);

    public void PassedOn() => Interlocked.Increment(ref _passedOn);

    public void NotPassedOn(int records) => Interlocked.Add(ref _notPassedOn, records);

    public ForwarderStatus Read() => new()
    {
        Batches = Interlocked.Read(ref _batches),
        Records = Interlocked.Read(ref _records),
        Bytes = Interlocked.Read(ref _bytes),
        RepeatedBatches = Interlocked.Read(ref _repeated),
        DroppedRecords = Interlocked.Read(ref _dropped),
        RefusedBatches = Interlocked.Read(ref _refused),
        UnknownCalls = Interlocked.Read(ref _unknown),
        SyslogRecords = Interlocked.Read(ref _passedOn),
        SyslogDroppedRecords = Interlocked.Read(ref _notPassedOn),
    };
}

/// <summary>One look at the counters.</summary>
internal sealed record ForwarderStatus
{
    public long Batches { get; init; }

    public long Records { get; init; }

    /// <summary>The sizes of the lines that were written to files.</summary>
    public long Bytes { get; init; }

    /// <summary>Batches that a guest sent again although they had arrived.</summary>
    public long RepeatedBatches { get; init; }

    /// <summary>Records beyond what their VM may send.</summary>
    public long DroppedRecords { get; init; }

    /// <summary>Batches that were not written, mostly for want of room; the guest keeps them.</summary>
    public long RefusedBatches { get; init; }

    /// <summary>Calls from a CID that belongs to no VM we know.</summary>
    public long UnknownCalls { get; init; }

    /// <summary>Records that were copied to the host's syslog.</summary>
    public long SyslogRecords { get; init; }

    /// <summary>Records that are in their files and were not copied, because the host's syslog did not take them.</summary>
    public long SyslogDroppedRecords { get; init; }
}

/// <summary>The JSON shape of the counters, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ForwarderStatus))]
internal sealed partial class ForwarderStatusJson : JsonSerializerContext;
