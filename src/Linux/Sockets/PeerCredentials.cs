namespace VmTools.Linux.Sockets;

/// <summary>Who was at the other end of a unix socket when it connected (SO_PEERCRED of unix(7)).</summary>
public readonly record struct PeerCredentials(int Pid, uint Uid, uint Gid);
