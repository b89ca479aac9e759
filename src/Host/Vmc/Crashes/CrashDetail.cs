namespace VmTools.Host.Vmc.Crashes;

/// <summary>
/// All that is known of one crash, as <c>vmc crash show</c> tells it to people and to programs. Addresses are hexadecimal text.
/// </summary>
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

/// <summary>The signal that ended a program, and why it came.</summary>
internal sealed record SignalDetail(int Number, string? Name)
{
    public int Code { get; init; }

    public string? Meaning { get; init; }

    public string? Address { get; init; }
}

/// <summary>One thread of a program that died.</summary>
internal sealed record ThreadDetail(uint Id, string Name, bool HasDied)
{
    public required IReadOnlyList<FrameDetail> Frames { get; init; }

    public required IReadOnlyDictionary<string, string> Registers { get; init; }
}

/// <summary>
/// One call on a stack: its address, the module with the offset in it, and the function with the place in its source where a symbol tells.
/// </summary>
internal sealed record FrameDetail(string Address, string? Place)
{
    public string? Function { get; init; }

    public long? FunctionOffset { get; init; }

    public string? File { get; init; }

    public int? Line { get; init; }
}

/// <summary>A program or library that was in memory.</summary>
internal sealed record ModuleDetail(string Path, string Start, string Size, string BuildId);
