namespace VmTools.Protocol.Grpc;

/// <summary>Flags of HTTP/2 frames; 1 is END_STREAM or ACK, as the frame's type says.</summary>
[Flags]
internal enum Http2FrameFlags : byte
{
    None = 0,
    EndStream = 0x1,
    Ack = 0x1,
    EndHeaders = 0x4,
    Padded = 0x8,
    Priority = 0x20,
}
