using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VmTools.Linux.ProcessControl;

/// <summary>The signals of Linux on x86-64 and arm64 (signal(7)).</summary>
[SuppressMessage("Naming", "CA1720", Justification = "SIGINT is the kernel's word.")]
public enum Signal
{
    Hup = 1,
    Int = 2,
    Quit = 3,
    Ill = 4,
    Trap = 5,
    Abrt = 6,
    Bus = 7,
    Fpe = 8,
    Kill = 9,
    Usr1 = 10,
    Segv = 11,
    Usr2 = 12,
    Pipe = 13,
    Alrm = 14,
    Term = 15,
    StkFlt = 16,
    Chld = 17,
    Cont = 18,
    Stop = 19,
    Tstp = 20,
    Ttin = 21,
    Ttou = 22,
    Urg = 23,
    Xcpu = 24,
    Xfsz = 25,
    VtAlrm = 26,
    Prof = 27,
    Winch = 28,
    Io = 29,
    Pwr = 30,
    Sys = 31,
}

/// <summary>What signals are called.</summary>
public static class SignalNames
{
    /// <summary>
    /// The name that signal(7) has for it, as SIGSEGV; "signal 34" for a number without a name, as real-time signals are.
    /// </summary>
    public static string Name(this Signal signal) => Enum.GetName(signal) is { } name
        ? $"SIG{name.ToUpperInvariant()}"
        : string.Create(CultureInfo.InvariantCulture, $"signal {(int)signal}");
}
