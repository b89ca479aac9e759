using System.Runtime.InteropServices;

namespace VmTools.Linux.Terminals;

/// <summary>Standard output or error took no more: the disk behind it is full, its reader left, or it was never open.</summary>
public sealed class OutputLostException(int number, Errno errno)
    : IOException(
        $"{(number == 1 ? "Standard output" : "Standard error")} cannot be written: {Marshal.GetPInvokeErrorMessage((int)errno)}.")
{
    /// <summary>The kernel's reason.</summary>
    public Errno Errno => errno;

    /// <summary>The reader of a pipe has had enough, which is no failure of ours.</summary>
    public bool ReaderLeft => errno == Errno.EPIPE;
}
