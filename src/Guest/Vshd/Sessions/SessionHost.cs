using Microsoft.Extensions.Logging;
using VmTools.Guest.Vshd.Frames;
using VmTools.Guest.Vshd.Loop;
using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>What all sessions of one vshd share. The read buffer can be one, as they all run on one thread.</summary>
internal sealed record SessionHost(FdLoop Loop, SessionPolicy Policy, Reaper Reaper, ILogger Log)
{
    public byte[] ReadBuffer { get; } = new byte[OutboundFrames.MaxBatch];
}
