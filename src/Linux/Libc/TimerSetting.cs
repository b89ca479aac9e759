using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>struct itimerspec (timerfd_create(2)) of a 64-bit machine.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimerSetting
{
    public long IntervalSeconds;
    public long IntervalNanoseconds;
    public long DueSeconds;
    public long DueNanoseconds;
}
