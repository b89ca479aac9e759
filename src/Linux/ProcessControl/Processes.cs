using System.Globalization;
using System.Text;
using VmTools.Linux.Libc;

namespace VmTools.Linux.ProcessControl;

/// <summary>
/// What /proc tells of any process (proc(5)), and signals by number. A pid with its start time names one process for ever.
/// </summary>
public static class Processes
{
    /// <summary>Field 22 of /proc/PID/stat counted from the state, which is field 3.</summary>
    private const int StartTimeAfterState = 19;

    /// <summary>Tells this boot of the machine from all others (random(4)): pids and start times mean nothing after it.</summary>
    public static string BootId => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    public static int CurrentId => Environment.ProcessId;

    /// <summary>A copy of this process's environment, for a child.</summary>
    public static Dictionary<string, string> OwnEnvironment() =>
        Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);

    /// <summary>The start time in clock ticks since boot; null where there is no such process.</summary>
    public static long? StartTimeOf(int pid) =>
        StatOf(pid) is { } fields ? long.Parse(fields[StartTimeAfterState], CultureInfo.InvariantCulture) : null;

    /// <summary>True while this very process runs; one that waits to be reaped is dead.</summary>
    public static bool IsAlive(int pid, long startTime) =>
        StatOf(pid) is { } fields
        && fields[0] is not ("Z" or "X")
        && long.Parse(fields[StartTimeAfterState], CultureInfo.InvariantCulture) == startTime;

    /// <summary>Whether a signal (SIGSTOP) or a debugger keeps it from running.</summary>
    public static bool IsStopped(int pid) => StatOf(pid) is ["T" or "t", ..];

    /// <summary>The pids of all processes that we may see.</summary>
    public static IEnumerable<int> All()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                yield return pid;
            }
        }
    }

    /// <summary>The children that a process's first thread has started; none where the process is gone.</summary>
    public static IReadOnlyList<int> ChildrenOf(int pid) =>
    [
        .. (Read(pid, $"task/{pid}/children") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(number => int.Parse(number, CultureInfo.InvariantCulture)),
    ];

    /// <summary>The arguments, with spaces between; null where the process is gone or is the kernel's.</summary>
    public static string? CommandLineOf(int pid) =>
        Read(pid, "cmdline") is { Length: > 0 } text ? text.TrimEnd('\0').Replace('\0', ' ') : null;

    /// <summary>The working directory; null where the process is gone or not ours to ask.</summary>
    public static string? WorkingDirectoryOf(int pid)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{pid}/cwd", returnFinalTarget: false)?.FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Processes of ours that have the file open, but for this one: for telling who uses it, as others' cannot be looked into.
    /// </summary>
    public static IEnumerable<int> WithOpen(string path) => All().Where(pid => pid != CurrentId && HasOpen(pid, path));

    private static bool HasOpen(int pid, string path)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{pid}/fd").Any(fd => new FileInfo(fd).LinkTarget == path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// This process runs that program from here on, with our standard streams and environment; returns only by the exception (execv(3)).
    /// </summary>
    /// <exception cref="LinuxException">The program cannot be executed.</exception>
    public static unsafe void Become(string program, IReadOnlyList<string> arguments)
    {
        using var argv = new NativeStrings(arguments);
        Syscall.Check(Native.Execute(program, argv.Array), "execute", program);
    }

    /// <summary>kill(2). The number may stand for another process by now; <see cref="ProcessWatch"/> cannot be fooled so.</summary>
    public static Errno Signal(int pid, Signal signal) =>
        pid > 0 ? Send(pid, signal) : throw new ArgumentOutOfRangeException(nameof(pid), pid, "A process id is positive.");

    /// <summary>To every member of a process group.</summary>
    public static Errno SignalGroup(int group, Signal signal) =>
        group > 1 ? Send(-group, signal) : throw new ArgumentOutOfRangeException(nameof(group), group, "A process group is above 1.");

    /// <summary>To every process that we may signal but init and ourselves: the first step of a shutdown by init.</summary>
    public static Errno SignalAll(Signal signal) => Send(-1, signal);

    private static Errno Send(int target, Signal signal) => Syscall.Outcome(Native.Kill(target, (int)signal));

    /// <summary>The fields from the state on. The name before it is in parentheses and may hold anything, parentheses too.</summary>
    private static string[]? StatOf(int pid)
    {
        var text = Read(pid, "stat");
        var end = text?.LastIndexOf(')') ?? -1;
        return end < 0 ? null : text![(end + 2)..].Split(' ');
    }

    private static string? Read(int pid, string file)
    {
        try
        {
            return Encoding.Latin1.GetString(File.ReadAllBytes($"/proc/{pid}/{file}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
