namespace VmTools.Crash.Minidumps;

/// <summary>
/// The streams of a minidump that are written and read here. The small numbers are MINIDUMP_STREAM_TYPE of Microsoft's minidumpapiset.h,
/// 0x4767… those that Breakpad's Linux client gave itself (minidump_format.h), and the last is this project's own.
/// </summary>
internal enum MinidumpStreamType : uint
{
    Unused = 0,
    ThreadList = 3,
    ModuleList = 4,
    MemoryList = 5,
    Exception = 6,
    SystemInfo = 7,
    MiscInfo = 15,
    ThreadNames = 24,
    LinuxCpuInfo = 0x47670003,
    LinuxProcStatus = 0x47670004,
    LinuxLsbRelease = 0x47670005,
    LinuxCmdLine = 0x47670006,
    LinuxEnviron = 0x47670007,
    LinuxAuxv = 0x47670008,
    LinuxMaps = 0x47670009,

    /// <summary>The upper halves of the AVX registers, for which a context has no place: see docs/protocols/minidump.md.</summary>
    UpperVectors = 0x56540001,
}
