namespace VmTools.Protocol.Grpc;

/// <summary>Who is at the other end of a connection; a feature of each call on it.</summary>
internal sealed record VsockPeer(VsockAddress Address, string? Container);
