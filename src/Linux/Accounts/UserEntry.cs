namespace VmTools.Linux.Accounts;

/// <summary>One line of /etc/passwd; an empty shell means /bin/sh.</summary>
public sealed record UserEntry(string Name, uint Uid, uint Gid, string Home, string Shell);
