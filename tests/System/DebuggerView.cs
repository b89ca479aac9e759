namespace VmTools.SystemTests;

/// <summary>What a debugger shows: why it stopped, the frames of each thread (the one that died first), modules with build ids.</summary>
internal sealed record DebuggerView(
    string StopReason, IReadOnlyList<IReadOnlyList<string>> Threads, IReadOnlyList<(string Name, string BuildId)> Modules)
{
    /// <summary>All it said, for messages of failures.</summary>
    public required string Text { get; init; }
}
