namespace VmTools.Host.CrashStore;

/// <summary>A report as it came, its texts clean already.</summary>
internal sealed record NewReport
{
    public required IReadOnlyDictionary<string, string> Fields { get; init; }

    /// <summary>What we know ourselves; all keys begin with <see cref="CrashMeta.HostPrefix"/>.</summary>
    public required IReadOnlyDictionary<string, string> HostFields { get; init; }

    /// <summary>Empty where the guest could not make one, and for a service that failed.</summary>
    public ReadOnlyMemory<byte> Dump { get; init; }

    public ReadOnlyMemory<byte> ProcessTree { get; init; }
}
