namespace VmTools.Linux.Mounting;

/// <summary>One mounted file system, as /proc/self/mounts tells (proc_mounts(5)).</summary>
public sealed record MountEntry(string Source, string Target, string Type, string Options);
