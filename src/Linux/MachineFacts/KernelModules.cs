using VmTools.Linux.Libc;

namespace VmTools.Linux.MachineFacts;

/// <summary>Kernel modules (finit_module(2)). What a module depends on must have been loaded before it.</summary>
public static class KernelModules
{
    /// <summary>One that is loaded already, or built into the kernel, is fine.</summary>
    public static unsafe void Load(string path)
    {
        using var file = FdHandle.Open(path, OpenFlags.ReadOnly);
        var noParameters = stackalloc byte[1];
        noParameters[0] = 0;
        var outcome = Syscall.Outcome(Native.Call(Native.CallFinitModule, file, (nint)noParameters, 0, 0));
        if (outcome is not (Errno.None or Errno.EEXIST))
        {
            throw new LinuxException(outcome, "finit_module", path);
        }
    }
}
