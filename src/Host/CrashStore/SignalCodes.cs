using VmTools.Linux.ProcessControl;

namespace VmTools.Host.CrashStore;

/// <summary>What si_code says of why a signal came (sigaction(2), "The siginfo_t argument").</summary>
internal static class SignalCodes
{
    private const int FromProcess = 0;
    private const int FromKernel = 0x80;
    private const int Queued = -1;
    private const int ToThread = -6;

    private static readonly Dictionary<(Signal Signal, int Code), string> Words = new()
    {
        [(Signal.Segv, 1)] = "it used an address that is not mapped",
        [(Signal.Segv, 2)] = "it used an address in a way that is not allowed there",
        [(Signal.Segv, 3)] = "it went beyond the bounds of a pointer",
        [(Signal.Segv, 4)] = "a protection key forbade the access",
        [(Signal.Bus, 1)] = "it used an address that is not aligned",
        [(Signal.Bus, 2)] = "it used an address that has no memory behind it, as beyond the end of a mapped file",
        [(Signal.Bus, 3)] = "the hardware failed at the address",
        [(Signal.Ill, 1)] = "it executed an instruction that does not exist",
        [(Signal.Ill, 2)] = "it executed an instruction with an operand that does not exist",
        [(Signal.Ill, 5)] = "it executed a privileged instruction",
        [(Signal.Fpe, 1)] = "it divided an integer by zero",
        [(Signal.Fpe, 2)] = "an integer overflowed",
        [(Signal.Fpe, 3)] = "it divided a floating-point number by zero",
        [(Signal.Fpe, 4)] = "a floating-point number overflowed",
        [(Signal.Fpe, 7)] = "a floating-point operation was invalid",
        [(Signal.Trap, 1)] = "it met a breakpoint",
        [(Signal.Trap, 2)] = "it was being traced",
        [(Signal.Sys, 1)] = "a filter forbade a system call",
    };

    /// <summary><c>SIGSEGV</c>, or null for a number without a name, as those of the real-time signals.</summary>
    public static string? NameOf(int signal) => Enum.IsDefined((Signal)signal) ? ((Signal)signal).Name() : null;

    /// <summary>Null where the code says nothing to people.</summary>
    public static string? WordsFor(int signal, int code) => code switch
    {
        FromProcess => "a process sent it",
        ToThread => "the program or another sent it to this thread, as abort() does",
        Queued => "a process queued it",
        FromKernel => "the kernel sent it",
        _ => Words.GetValueOrDefault(((Signal)signal, code)),
    };

    /// <summary>Whether the address that comes with the signal means something.</summary>
    public static bool IsAboutAddress(int signal, int code) =>
        code is > 0 and < FromKernel && (Signal)signal is (Signal.Segv or Signal.Bus or Signal.Ill or Signal.Fpe or Signal.Trap);
}
