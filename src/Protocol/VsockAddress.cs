namespace VmTools.Protocol;

/// <summary>One end of a vsock stream.</summary>
public readonly record struct VsockAddress(Cid Cid, VsockPort Port)
{
    /// <summary>As gRPC writes addresses: vsock:CID:PORT.</summary>
    public override string ToString() => $"vsock:{Cid}:{Port}";
}
