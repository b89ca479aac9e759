namespace VmTools.Protocol.Grpc;

/// <summary>The kinds of frame that a one-shot call can meet (RFC 9113, section 6); all others are ignored.</summary>
internal enum Http2FrameType : byte
{
    Data = 0,
    Headers = 1,
    ResetStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
}
