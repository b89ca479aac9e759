using VmTools.Linux.Libc;

namespace VmTools.Linux.Mounting;

/// <summary>Lets go of the files behind loop devices and of mapped devices, so that what lies below them can be unmounted.</summary>
public static class BlockDevices
{
    private const int MapperHeaderSize = 312;
    private const uint MapperVersion = 4;
    private const uint MapperDeferredRemove = 1 << 17;

    /// <summary>_IOWR(0xFD, DM_REMOVE_ALL_CMD = 1, struct dm_ioctl): the size is in the number.</summary>
    private const nuint MapperRemoveAll = (3u << 30) | (MapperHeaderSize << 16) | (0xFD << 8) | 1;

    /// <summary>Every loop device that has a file; one that is in use lets go when its last user does (loop(4)).</summary>
    public static unsafe void DetachLoops()
    {
        foreach (var device in Directory.EnumerateDirectories("/sys/block", "loop*"))
        {
            if (File.Exists($"{device}/loop/backing_file"))
            {
                using var loop = FdHandle.Open($"/dev/{Path.GetFileName(device)}", OpenFlags.ReadWrite);
                Syscall.Check(Native.DeviceControl(loop, (nuint)Native.LoopClearFd, null), "LOOP_CLR_FD", device);
            }
        }
    }

    /// <summary>All mapped devices, those in use as soon as they are not; nothing where the kernel has no device mapper.</summary>
    public static unsafe void RemoveMapped()
    {
        const string control = "/dev/mapper/control";
        if (!File.Exists(control))
        {
            return;
        }

        using var mapper = FdHandle.Open(control, OpenFlags.ReadWrite);

        // SAFETY: struct dm_ioctl has 312 bytes; version, size and flags are at 0, 12 and 28.
        var header = stackalloc byte[MapperHeaderSize];
        new Span<byte>(header, MapperHeaderSize).Clear();
        *(uint*)header = MapperVersion;
        *(uint*)(header + 12) = MapperHeaderSize;
        *(uint*)(header + 28) = MapperDeferredRemove;
        Syscall.Check(Native.DeviceControl(mapper, MapperRemoveAll, header), "DM_REMOVE_ALL", control);
    }
}
