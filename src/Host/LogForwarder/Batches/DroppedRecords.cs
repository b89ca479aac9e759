namespace VmTools.Host.LogForwarder.Batches;

/// <summary>How much was not written and has not been told yet.</summary>
internal readonly record struct DroppedRecords(ulong Records, ulong Bytes)
{
    public bool IsNone => Records == 0;

    public DroppedRecords And(int bytes) => new(Records + 1, Bytes + (ulong)bytes);

    public static DroppedRecords operator -(DroppedRecords all, DroppedRecords told) => new(all.Records - told.Records, all.Bytes - told.Bytes);
}
