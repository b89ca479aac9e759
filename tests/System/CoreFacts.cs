namespace VmTools.SystemTests;

/// <summary>What a core's notes say of its end and of the files that were mapped.</summary>
internal sealed record CoreFacts(int Signal, int Code, ulong Address, IReadOnlyList<(ulong Start, ulong End, string Path)> Files)
{
    private const int SiKernel = 0x80;

    /// <summary>A signal that somebody sent is about no address.</summary>
    public bool HasAddress => Code > 0;

    /// <summary>Where the file whose first page is mapped here ends.</summary>
    public ulong EndOf(ulong start)
    {
        var path = Files.First(file => file.Start == start).Path;
        return Files.Last(file => file.Path == path).End;
    }

    /// <summary>As Breakpad writes it, of the ways in which the tests have programs die.</summary>
    public string CrashReason => (Signal, Code) switch
    {
        (4, 2) => "SIGILL / ILL_ILLOPN",
        (6, <= 0) => "SIGABRT",
        (8, 1) => "SIGFPE / FPE_INTDIV",
        (11, 0) => "SIGSEGV /0x00000000",
        (11, 1) => "SIGSEGV /SEGV_MAPERR",
        (11, 2) => "SIGSEGV /SEGV_ACCERR",
        (11, SiKernel) => "SIGSEGV /SI_KERNEL",
        _ => $"signal {Signal}, code {Code}",
    };
}
