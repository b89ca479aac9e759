using VmTools.Linux;

namespace VmTools.Host.Programs;

/// <summary>How a program ended and the beginning of what it said.</summary>
internal sealed record ProgramOutcome(ExitStatus Status, byte[] Output);
