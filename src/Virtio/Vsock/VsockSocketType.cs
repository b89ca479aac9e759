namespace VmTools.Virtio.Vsock;

/// <summary>The socket type field of a packet. Only streams are offered; the field stays as read so that a reset can mirror it.</summary>
internal enum VsockSocketType : ushort
{
    Stream = 1,
    SequencedPacket = 2,
}
