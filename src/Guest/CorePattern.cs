using VmTools.Linux;

namespace VmTools.Guest;

/// <summary>
/// Who gets the core of a process that dies (core(5)). The kernel cuts the pattern at blanks before it fills in the
/// specifiers, so a name with a blank stays one argument; the name comes last because it may hold anything.
/// </summary>
internal static class CorePattern
{
    public const string PatternSetting = "kernel/core_pattern";
    public const string LimitSetting = "kernel/core_pipe_limit";

    /// <summary>CORENAME_MAX_SIZE of the kernel less the zero at the end.</summary>
    public const int MaxBytes = 127;

    /// <summary>
    /// So many collectors at a time; further cores are dropped by the kernel, which says so in its log. Above zero it also means
    /// that a process stays in /proc until its collector has closed the core.
    /// </summary>
    public const string PipeLimit = "4";

    /// <summary>
    /// The process in our and in its own name space, the signal, user and group, how far it may be dumped, the thread, and the path of
    /// the executable with an exclamation mark for each slash.
    /// </summary>
    public const string Specifiers = "--user=%P:%p:%s:%u:%g:%d:%I:%E";

    public static string Of(string program) => $"|{program} {Specifiers}";

    /// <summary>
    /// The limit first: without it, a pattern that is set would start collectors without number. Throws with the kernel's reason,
    /// or where the pattern would be cut off.
    /// </summary>
    public static void Register(string program, Action<string, string> writeSetting)
    {
        var pattern = Of(program);
        if (pattern.Length > MaxBytes || pattern.IndexOf(' ', StringComparison.Ordinal) != program.Length + 1)
        {
            throw new LinuxException(Errno.ENAMETOOLONG, "register for core dumps", program);
        }

        writeSetting(LimitSetting, PipeLimit);
        writeSetting(PatternSetting, pattern);
    }
}
