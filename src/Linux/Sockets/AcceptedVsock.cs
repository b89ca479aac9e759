namespace VmTools.Linux.Sockets;

/// <summary>A connection that was accepted, non-blocking, and the address at its other end.</summary>
public sealed record AcceptedVsock(FdHandle Socket, uint PeerCid, uint PeerPort);
