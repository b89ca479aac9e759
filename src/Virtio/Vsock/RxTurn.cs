namespace VmTools.Virtio.Vsock;

/// <summary>
/// The kinds of packet that a connection can owe the guest, in the order in which they are served. Owing one is a flag on
/// the connection, not a packet in a queue: a guest that takes nothing makes nothing grow.
/// </summary>
internal enum RxTurn
{
    Reset,
    Response,
    Request,
    Shutdown,
    CreditUpdate,
    CreditRequest,
    ReadWrite,
}
