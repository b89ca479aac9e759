using System.Runtime.InteropServices;

namespace VmTools.Linux;

/// <summary>Where the kernel's binary interface differs between the processors we run on.</summary>
internal static class Kernel
{
    public static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>asm/fcntl.h: arm64 numbers O_DIRECTORY, O_NOFOLLOW and O_DIRECT in its own way.</summary>
    public static int OpenFlagsOf(OpenFlags flags, Architecture architecture)
    {
        if (architecture != Architecture.Arm64)
        {
            return (int)flags;
        }

        var same = flags & ~(OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.Direct);
        return (int)same
            | (flags.HasFlag(OpenFlags.Directory) ? 0x4000 : 0)
            | (flags.HasFlag(OpenFlags.NoFollow) ? 0x8000 : 0)
            | (flags.HasFlag(OpenFlags.Direct) ? 0x10000 : 0);
    }

    /// <summary>struct epoll_event is packed on x86-64 alone: 12 bytes there, 16 elsewhere; the token is the last eight.</summary>
    public static int EpollEventSize(Architecture architecture) => architecture == Architecture.X64 ? 12 : 16;
}
