namespace VmTools.Host.Vmc.Machines;

/// <summary>One VM in a listing. What a stopped VM has not is null.</summary>
internal sealed record VmRow(string Name, string State)
{
    /// <summary>Why it does not run although it should.</summary>
    public string? Reason { get; init; }

    public string? Type { get; init; }

    public long? Cid { get; init; }

    public int? Pid { get; init; }

    public long? MemoryBytes { get; init; }

    /// <summary>What the VM may take of the host's memory at most.</summary>
    public long? HostMemoryBytes { get; init; }

    /// <summary>What the disk takes on the host.</summary>
    public ulong? DiskBytes { get; init; }

    public string? DiskPath { get; init; }

    /// <summary>How it ended last; null while it is there.</summary>
    public string? Ended { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether it was ended because its guest did not switch itself off.</summary>
    public bool? Forced { get; init; }

    /// <summary>The state for people: <c>paused: host disk full</c>.</summary>
    public static string Describe(string state, string? reason) => reason is null ? state : $"{state}: {reason}";
}
