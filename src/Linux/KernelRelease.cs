namespace VmTools.Linux;

/// <summary>Which kernel runs: uname -r and uname -v (uname(2)).</summary>
public sealed record KernelRelease(string Release, string Version);
