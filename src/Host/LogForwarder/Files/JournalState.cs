using VmTools.Host.LogStore;

namespace VmTools.Host.LogForwarder.Files;

/// <summary>
/// Where a VM's logs stand: the last batch that is in its file as a whole, what is to be told as dropped, and, while one is being
/// appended, the file and its length before.
/// </summary>
internal readonly record struct JournalState
{
    public BatchId Last { get; init; }

    public DroppedRecords DroppedKernel { get; init; }

    public DroppedRecords DroppedUser { get; init; }

    /// <summary>Null while nothing is being appended.</summary>
    public (LogSource Source, long Offset)? Open { get; init; }

    public DroppedRecords DroppedOf(LogSource source) => source == LogSource.Kernel ? DroppedKernel : DroppedUser;

    public JournalState WithDropped(LogSource source, DroppedRecords dropped) =>
        source == LogSource.Kernel ? this with { DroppedKernel = dropped } : this with { DroppedUser = dropped };
}

/// <summary>How much was not written and has not been told yet.</summary>
internal readonly record struct DroppedRecords(ulong Records, ulong Bytes)
{
    public bool IsNone => Records == 0;

    public DroppedRecords And(int bytes) => new(Records + 1, Bytes + (ulong)bytes);

    public static DroppedRecords operator +(DroppedRecords one, DroppedRecords other) =>
        new(one.Records + other.Records, one.Bytes + other.Bytes);
}
