namespace VmTools.Host.Concierge.Disks;

/// <summary>How a tool ended, as the end of a sentence, and its last lines.</summary>
internal sealed record ToolOutcome(bool IsSuccess, string How, IReadOnlyList<string> Output);
