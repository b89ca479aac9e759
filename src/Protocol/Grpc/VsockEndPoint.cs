using System.Net;

namespace VmTools.Protocol.Grpc;

/// <summary>What Kestrel is told to listen on; the listener itself exists already.</summary>
internal sealed class VsockEndPoint(VsockPort port) : EndPoint
{
    public override string ToString() => $"vsock:{port}";
}
