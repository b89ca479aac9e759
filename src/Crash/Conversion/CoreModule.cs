namespace VmTools.Crash.Conversion;

/// <summary>A program or library in the memory of the process.</summary>
internal sealed record CoreModule(ulong Start, ulong End, string Path, byte[] BuildId);
