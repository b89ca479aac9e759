namespace VmTools.Host.Vmc;

/// <summary>One VM in a listing. What a stopped VM has not is null.</summary>
internal sealed record VmRow(string Name, string State)
{
    public string? Type { get; init; }

    public long? Cid { get; init; }

    public int? Pid { get; init; }

    public long? MemoryBytes { get; init; }

    /// <summary>What the disk takes on the host.</summary>
    public ulong? DiskBytes { get; init; }

    public string? DiskPath { get; init; }

    /// <summary>What its kernel died of, where that was the last that was heard of it; in the answer about one VM only.</summary>
    public string? Ended { get; init; }
}
