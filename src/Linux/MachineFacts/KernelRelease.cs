namespace VmTools.Linux.MachineFacts;

/// <summary>Which kernel runs: uname -r and uname -v (uname(2)).</summary>
public sealed record KernelRelease(string Release, string Version);
