using System.Text;
using VmTools.Linux;

namespace VmTools.Guest;

/// <summary>Kernel settings below /proc/sys.</summary>
internal static class Sysctl
{
    /// <summary>Writes without a line end; throws with the kernel's reason.</summary>
    public static void Write(string name, string value)
    {
        var path = "/proc/sys/" + name;
        using var file = FdHandle.Open(path, OpenFlags.WriteOnly);
        var error = Fd.TryWrite(file, Encoding.ASCII.GetBytes(value), out _);
        if (error != Errno.None)
        {
            throw new LinuxException(error, "write", path);
        }
    }
}
