namespace VmTools.Crash.Conversion;

/// <summary>What <c>/proc/PID</c> and the machine still tell of a process that died; an empty member could not be had.</summary>
public sealed record ProcessFacts
{
    /// <summary>As the collector sees it, in the initial pid name space; 0 when unknown.</summary>
    public int Pid { get; init; }

    /// <summary>In the process's own pid name space; 0 when unknown.</summary>
    public int InnerPid { get; init; }

    /// <summary>Path as the process saw it; a file that is gone has " (deleted)" behind it.</summary>
    public string Executable { get; init; } = "";

    public ReadOnlyMemory<byte> Auxv { get; init; }

    public ReadOnlyMemory<byte> CommandLine { get; init; }

    /// <summary>Already without secrets.</summary>
    public ReadOnlyMemory<byte> Environ { get; init; }

    public ReadOnlyMemory<byte> Maps { get; init; }

    public ReadOnlyMemory<byte> Status { get; init; }

    public ReadOnlyMemory<byte> CpuInfo { get; init; }

    public ReadOnlyMemory<byte> OsRelease { get; init; }

    /// <summary>One line, as <c>uname -srvm</c> prints it.</summary>
    public string KernelVersion { get; init; } = "";

    /// <summary>By the ids that the core has for threads: those of the process's own pid name space.</summary>
    public IReadOnlyDictionary<int, string> ThreadNames { get; init; } = new Dictionary<int, string>();

    /// <summary>From the kernel's specifier, in case the core does not tell.</summary>
    public int Signal { get; init; }

    public DateTimeOffset StartTime { get; init; }

    public DateTimeOffset CrashTime { get; init; }

    /// <summary>
    /// Reads at most 64 KiB of the beginning of the file mapped at an address, for a build id that is not in the core; null when it
    /// cannot be had.
    /// </summary>
    public Func<string, ulong, byte[]?>? ReadMappedFile { get; init; }
}
