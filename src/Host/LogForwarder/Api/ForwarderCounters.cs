namespace VmTools.Host.LogForwarder.Api;

/// <summary>What the daemon has done since it started; numbers only, for whoever asks how it fares.</summary>
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
