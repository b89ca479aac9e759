namespace VmTools.Linux.Loop;

/// <summary>What to wait for, and what has happened (epoll_ctl(2)). Error and HangUp are always told.</summary>
[Flags]
public enum EpollEvents : uint
{
    None = 0,
    In = 0x1,
    Out = 0x4,
    Error = 0x8,
    HangUp = 0x10,
    ReadHangUp = 0x2000,
    OneShot = 1u << 30,
    EdgeTriggered = 1u << 31,
}
