namespace VmTools.Fuzz;

/// <summary>An input that broke an invariant, made as short as was easy, and where it was saved.</summary>
internal sealed record FoundFailure(string Reason, byte[] Input, string Path);
