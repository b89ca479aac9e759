namespace VmTools.Host.Vmc.Crashes;

/// <summary>All that is known of one crash, as <c>vmc crash show</c> tells it to people and to programs. Addresses are hexadecimal text.</summary>
internal sealed record CrashDetail(CrashRow Crash, string Sentence)
{
    public SignalDetail? Signal { get; init; }

    /// <summary>The one that died first; that one alone unless all were asked for.</summary>
    public IReadOnlyList<ThreadDetail>? Threads { get; init; }

    public int? ThreadCount { get; init; }

    public IReadOnlyList<ModuleDetail>? Modules { get; init; }

    /// <summary>The lines of /proc/PID/maps.</summary>
    public IReadOnlyList<string>? Maps { get; init; }

    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public IReadOnlyList<string>? ProcessTree { get; init; }

    /// <summary>What a kernel said as it failed.</summary>
    public IReadOnlyList<string>? KernelLines { get; init; }

    /// <summary>What is missing, and what brings it.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
