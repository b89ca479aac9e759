namespace VmTools.Virtio.Vsock;

/// <summary>What a packet asks for. Values are the wire's (virtio 1.2, 5.10.6); anything else is a violation.</summary>
internal enum VsockOperation : ushort
{
    Invalid = 0,
    Request = 1,
    Response = 2,
    Reset = 3,
    Shutdown = 4,
    ReadWrite = 5,
    CreditUpdate = 6,
    CreditRequest = 7,
}
