namespace VmTools.Linux.Accounts;

/// <summary>Who a process is: user, group and the whole list of its further groups (credentials(7)).</summary>
public sealed record Credentials(uint Uid, uint Gid, IReadOnlyList<uint> Groups);
