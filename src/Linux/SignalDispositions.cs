using VmTools.Linux.Libc;

namespace VmTools.Linux;

/// <summary>What this process does with signals (signal(7)). Children of ours always begin with the defaults.</summary>
public static class SignalDispositions
{
    /// <summary>
    /// The process never hears of it again. To be called before the runtime looks at signals: one that is ignored by then it
    /// leaves alone, for others it installs a handler that ends the process.
    /// </summary>
    public static void Ignore(Signal signal)
    {
        if (Native.SetSignalHandler((int)signal, Native.SignalIgnore) == -1)
        {
            throw new LinuxException(Syscall.LastError, $"ignore signal {(int)signal}");
        }
    }
}
