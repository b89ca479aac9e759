using System.Globalization;

namespace VmTools.Bench;

/// <summary>A running process of the host as /proc shows it.</summary>
internal sealed record HostProcess(int Pid, IReadOnlyList<string> CommandLine)
{
    /// <summary>The process one of whose words begins with the name of a program and which mentions a directory.</summary>
    public static HostProcess Find(string program, string directory) =>
        All().FirstOrDefault(process =>
            process.CommandLine.Take(2).Any(word => Path.GetFileName(word).StartsWith(program, StringComparison.Ordinal))
            && process.CommandLine.Any(word => word.Contains(directory, StringComparison.Ordinal)))
        ?? throw new BenchException($"No {program} is running for {directory}.");

    public static HostProcess Of(int pid) =>
        TryCommandLine(pid) is { } words ? new HostProcess(pid, words) : throw new BenchException($"There is no process {pid}.");

    public double ResidentMiB() => ResidentMiB(File.ReadAllText($"/proc/{Pid}/status"));

    public double PeakMiB() => Number(File.ReadAllText($"/proc/{Pid}/status"), "VmHWM:") / 1024;

    public static double ResidentMiB(string status) => Number(status, "VmRSS:") / 1024;

    /// <summary>CPU seconds used so far.</summary>
    public double CpuSeconds()
    {
        // The name, in parentheses, may hold blanks; the numbers follow the last parenthesis (proc_pid_stat(5)).
        var fields = File.ReadAllText($"/proc/{Pid}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (Parse(fields[11]) + Parse(fields[12])) / 100;
    }

    /// <summary>How often each of its threads has been put on a CPU so far.</summary>
    public IReadOnlyDictionary<string, double> Switches() => Switches(string.Concat(
        Directory.EnumerateDirectories($"/proc/{Pid}/task").Select(task => File.ReadAllText(Path.Combine(task, "status")))));

    /// <summary>The same from the text of the threads' status files, for a process of the guest.</summary>
    public static IReadOnlyDictionary<string, double> Switches(string statuses)
    {
        var threads = new Dictionary<string, double>(StringComparer.Ordinal);
        var thread = "";
        foreach (var words in statuses.Split('\n').Select(line => line.Split(':', StringSplitOptions.TrimEntries)))
        {
            thread = words[0] == "Pid" ? words[1] : thread;
            if (words[0].EndsWith("ctxt_switches", StringComparison.Ordinal))
            {
                threads[thread] = threads.GetValueOrDefault(thread) + Parse(words[1]);
            }
        }

        return threads;
    }

    /// <summary>Wake-ups between two readings; a thread that has ended in between is left out, one that began counts whole.</summary>
    public static double WakeUps(IReadOnlyDictionary<string, double> before, IReadOnlyDictionary<string, double> after) =>
        after.Sum(thread => thread.Value - before.GetValueOrDefault(thread.Key));

    private static IEnumerable<HostProcess> All()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid) && TryCommandLine(pid) is { } words)
            {
                yield return new HostProcess(pid, words);
            }
        }
    }

    private static string[]? TryCommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").TrimEnd('\0').Split('\0');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static double Number(string text, string name) =>
        Parse(text.Split('\n').First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(':')[1]
            .Replace("kB", "", StringComparison.Ordinal));

    private static double Parse(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
