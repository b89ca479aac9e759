namespace VmTools.SystemTests;

/// <summary>What Breakpad's tools read in a minidump.</summary>
internal sealed record StackwalkView(string CrashReason, ulong CrashAddress, IReadOnlyList<uint> ThreadIds)
{
    /// <summary>Index into the threads.</summary>
    public required int CrashedThread { get; init; }

    /// <summary>Of the innermost frame of the thread that crashed.</summary>
    public required IReadOnlyDictionary<string, ulong> Registers { get; init; }

    public required IReadOnlyList<StackwalkModule> Modules { get; init; }

    /// <summary>All it said, for messages of failures.</summary>
    public required string Text { get; init; }
}
