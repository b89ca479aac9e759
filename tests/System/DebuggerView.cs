namespace VmTools.SystemTests;

/// <summary>What a debugger shows: why it stopped, the frames of each thread (the one that died first), and the modules.</summary>
internal sealed record DebuggerView(
    string StopReason, IReadOnlyList<IReadOnlyList<string>> Threads, IReadOnlyList<DebuggerModule> Modules)
{
    /// <summary>As they stand in the file.</summary>
    public required IReadOnlyList<uint> ThreadIds { get; init; }

    /// <summary>Of the thread that died.</summary>
    public required IReadOnlyDictionary<string, ulong> Registers { get; init; }

    /// <summary>All it said, for messages of failures.</summary>
    public required string Text { get; init; }
}
