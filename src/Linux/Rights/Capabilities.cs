using System.Globalization;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Rights;

/// <summary>The capabilities of the calling thread, which what it starts inherits (capabilities(7)).</summary>
public static class Capabilities
{
    /// <summary>The sets have room for so many; the kernel says which it knows.</summary>
    private const int Room = 64;

    /// <summary>What the calling thread may use.</summary>
    public static Capability Permitted
    {
        get
        {
            var data = Read();
            return (Capability)(((ulong)data.PermittedHigh << 32) | data.Permitted);
        }
    }

    /// <summary>Whether <paramref name="kept"/> would take nothing away from the calling thread.</summary>
    public static bool AreWithin(Capability kept)
    {
        var data = Read();
        var any = (((ulong)(data.PermittedHigh | data.InheritableHigh)) << 32) | data.Permitted | data.Inheritable;
        return (any & ~(ulong)kept) == 0;
    }

    /// <summary>
    /// Takes all others from the calling thread for good, from each of its sets. Who is not root cannot change the bounding set and needs
    /// no_new_privs for the same end.
    /// </summary>
    internal static void KeepOnly(Capability kept)
    {
        Bound(kept);

        // EINVAL: a kernel from before ambient capabilities has none to take.
        if (Native.ProcessControl(Native.ProcessAmbient, Native.AmbientClearAll, 0, 0, 0) == -1 && Syscall.LastError != Errno.EINVAL)
        {
            throw new LinuxException(Syscall.LastError, "prctl PR_CAP_AMBIENT");
        }

        var left = Read();
        left.Permitted &= (uint)kept;
        left.PermittedHigh &= (uint)((ulong)kept >> 32);
        (left.Effective, left.EffectiveHigh) = (left.Permitted, left.PermittedHigh);
        (left.Inheritable, left.InheritableHigh) = (0, 0);
        Write(left);
    }

    /// <summary>
    /// Takes all others from the bounding set, by which a program that root starts would get them back; that set only root can change.
    /// </summary>
    internal static void Bound(Capability kept)
    {
        for (var number = 0; number < Room; number++)
        {
            if ((((ulong)kept >> number) & 1) == 0
                && Native.ProcessControl(Native.ProcessReadBounding, number, 0, 0, 0) == 1
                && Native.ProcessControl(Native.ProcessDropBounding, number, 0, 0, 0) == -1
                && Syscall.LastError != Errno.EPERM)
            {
                throw new LinuxException(Syscall.LastError, string.Create(CultureInfo.InvariantCulture, $"prctl PR_CAPBSET_DROP {number}"));
            }
        }
    }

    private static unsafe CapabilityData Read()
    {
        var header = new CapabilityHeader { Version = Native.CapabilityVersion };
        CapabilityData data;

        // SAFETY: version 3 has two elements of twelve bytes, which is the size of the structure.
        Syscall.Check((int)Native.Call(Native.CallCapGet, (nint)(&header), (nint)(&data), 0), "capget");
        return data;
    }

    private static unsafe void Write(CapabilityData data)
    {
        var header = new CapabilityHeader { Version = Native.CapabilityVersion };

        // SAFETY: as above; the kernel only reads.
        Syscall.Check((int)Native.Call(Native.CallCapSet, (nint)(&header), (nint)(&data), 0), "capset");
    }
}
