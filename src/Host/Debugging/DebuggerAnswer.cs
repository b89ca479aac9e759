namespace VmTools.Host.Debugging;

/// <summary>The stacks by thread id, or why there are none.</summary>
internal sealed record DebuggerAnswer(IReadOnlyDictionary<uint, IReadOnlyList<StackFrame>>? Stacks, string? Problem);
