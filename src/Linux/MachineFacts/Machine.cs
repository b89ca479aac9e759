using System.Text;
using VmTools.Linux.Libc;

namespace VmTools.Linux.MachineFacts;

/// <summary>The machine as a whole: kernel, clock, name, power.</summary>
public static class Machine
{
    /// <summary>struct utsname has six fields of this size: system, node, release, version, machine, domain.</summary>
    private const int NameSize = 65;

    public static unsafe KernelRelease Uname()
    {
        // SAFETY: the kernel writes six fields of 65 bytes.
        Span<byte> names = stackalloc byte[6 * NameSize];
        fixed (byte* start = names)
        {
            Syscall.Check(Native.Uname(start), "uname");
        }

        return new KernelRelease(Field(names, 2), Field(names, 3));
    }

    /// <summary>Null where /proc is not mounted.</summary>
    public static string? KernelCommandLine() => TryRead("/proc/cmdline")?.TrimEnd('\n');

    public static unsafe void SetTime(DateTimeOffset time)
    {
        var sinceEpoch = time - DateTimeOffset.UnixEpoch;
        var whole = (long)Math.Floor(sinceEpoch.TotalSeconds);

        // SAFETY: struct timespec is two longs.
        var value = stackalloc long[2];
        value[0] = whole;
        value[1] = (sinceEpoch - TimeSpan.FromSeconds(whole)).Ticks * 100;
        Syscall.Check(Native.SetClock(Native.ClockRealtime, value), "clock_settime");
    }

    public static unsafe void SetHostname(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);

        // SAFETY: the array is pinned for the call and its own length is the limit.
        fixed (byte* start = bytes)
        {
            Syscall.Check(Native.SetHostname(start, (nuint)bytes.Length), "sethostname");
        }
    }

    /// <summary>The file mode creation mask of this process; answers the one before.</summary>
    public static UnixFileMode SetUmask(UnixFileMode mask) => (UnixFileMode)Native.Umask((uint)mask);

    /// <summary>Writes out what every file system still holds in memory.</summary>
    public static void Sync() => Native.Sync();

    /// <summary>At once and without asking a program; init's last act.</summary>
    public static void PowerOff() => Syscall.Check(Native.Reboot(Native.RebootPowerOff), "reboot");

    public static void Reboot() => Syscall.Check(Native.Reboot(Native.RebootRestart), "reboot");

    private static string Field(ReadOnlySpan<byte> names, int index)
    {
        var field = names.Slice(index * NameSize, NameSize);
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
