namespace VmTools.Virtio.Vsock;

/// <summary>What the sender of a SHUTDOWN packet will do no more. Once said it stays said.</summary>
[Flags]
internal enum ShutdownFlags : uint
{
    None = 0,
    Receive = 1,
    Send = 2,
    Both = Receive | Send,
}
