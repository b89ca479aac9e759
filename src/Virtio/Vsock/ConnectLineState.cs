namespace VmTools.Virtio.Vsock;

/// <summary>What the bytes received so far say about a CONNECT line.</summary>
internal enum ConnectLineState
{
    Incomplete,
    Complete,
    Wrong,
}
