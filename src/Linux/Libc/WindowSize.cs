using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>struct winsize (ioctl_tty(2)).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WindowSize
{
    public ushort Rows;
    public ushort Columns;
    public ushort PixelsX;
    public ushort PixelsY;
}
