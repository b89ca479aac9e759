using System.Runtime.InteropServices;

namespace VmTools.Linux;

/// <summary>A system call that failed: which one, on what, and the kernel's reason.</summary>
public sealed class LinuxException : IOException
{
    public LinuxException(Errno errno, string what, string? path = null)
        : base(Sentence(errno, what, path)) => Errno = errno;

    /// <summary>The kernel's reason.</summary>
    public Errno Errno { get; }

    private static string Sentence(Errno errno, string what, string? path) =>
        $"{what}{(path is null ? "" : $" '{path}'")}: {Marshal.GetPInvokeErrorMessage((int)errno)} ({errno})";
}
