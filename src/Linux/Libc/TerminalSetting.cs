using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>glibc's struct termios: four words of flags, the line discipline, 32 control characters, two speeds.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TerminalSetting
{
    public uint Input;
    public uint Output;
    public uint Control;
    public uint Local;
    public byte Discipline;
    public fixed byte Characters[32];
    public uint InputSpeed;
    public uint OutputSpeed;
}
