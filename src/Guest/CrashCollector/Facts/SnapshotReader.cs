using System.Globalization;
using System.Text;
using VmTools.Linux.Files;
using VmTools.Protocol.Wire;

namespace VmTools.Guest.CrashCollector.Facts;

/// <summary>
/// Reads what /proc still has of a process that is being dumped. Memory is asked for by way of the thread that died: the first
/// thread may have ended, and then has none. All of it is the process's own word, or its container's.
/// </summary>
internal sealed class SnapshotReader(string proc, string root)
{
    private const int MaxAuxv = 4 * 1024;
    private const int MaxCommandLine = 32 * 1024;
    private const int MaxEnviron = 64 * 1024;
    private const int MaxMaps = 1024 * 1024;
    private const int MaxStatus = 16 * 1024;
    private const int MaxCpuInfo = 16 * 1024;
    private const int MaxThreads = 1024;
    private const int MaxName = 64;
    private const int MaxCgroup = 4096;

    /// <summary>USER_HZ, in which /proc counts: 100 on every architecture we run on (time(7)).</summary>
    private const int TicksPerSecond = 100;

    private static readonly string[] ContainerNameSpaces = ["pid", "user"];

    public ProcessSnapshot Read(CrashNotice notice)
    {
        var process = string.Create(CultureInfo.InvariantCulture, $"{proc}/{notice.Pid}");
        var thread = ThreadDirectory(process, notice.Tid);
        var environ = ProcFiles.Read($"{thread}/environ", MaxEnviron);
        var maps = WholeLines(ProcFiles.Read($"{thread}/maps", MaxMaps));
        var isInContainer = ContainerNameSpaces.Any(kind => IsForeign($"{thread}/ns/{kind}", $"{proc}/self/ns/{kind}"));
        var ours = ReleaseBelow(root);
        var theirs = isInContainer ? ReleaseBelow($"{thread}/root") : [];
        return new ProcessSnapshot
        {
            Executable = ExecutableOf(notice),
            Auxv = ProcFiles.Read($"{thread}/auxv", MaxAuxv),
            CommandLine = ProcFiles.Read($"{thread}/cmdline", MaxCommandLine),
            Environ = EnvironmentText.WithoutSecrets(environ),
            Secrets = EnvironmentText.Secrets(environ),
            Maps = maps,
            Status = ProcFiles.Read($"{process}/status", MaxStatus),
            CpuInfo = ProcFiles.Read($"{proc}/cpuinfo", MaxCpuInfo),
            OsRelease = isInContainer ? theirs : ours,
            VmRelease = OsRelease.PrettyName(Encoding.UTF8.GetString(ours)),
            ContainerRelease = OsRelease.PrettyName(Encoding.UTF8.GetString(theirs)),
            IsInContainer = isInContainer,
            Container = ContainerOf(ProcFiles.ReadText($"{process}/cgroup", MaxCgroup)),
            ThreadNames = ThreadNames(process, notice),
            Age = AgeOf($"{process}/stat"),
            ProcessTree = ProcessTree.Read(proc, notice.Pid),
            MappedFiles = MappedFiles.Open(process, maps),
        };
    }

    /// <summary>
    /// The container whose cgroup stands in a text of /proc/PID/cgroup (cgroups(7)): LXC calls it lxc.payload.NAME, and a container has no
    /// say in it. Empty where there is none.
    /// </summary>
    internal static string ContainerOf(string cgroups)
    {
        const string payload = "0::/lxc.payload.";
        var line = cgroups.Split('\n').FirstOrDefault(line => line.StartsWith(payload, StringComparison.Ordinal)) ?? "";
        var name = line.Length > 0 ? line[payload.Length..].Split('/')[0] : "";
        return ContainerNameRule.Allows(name) ? name : "";
    }

    /// <summary>The kernel's link where it can be read, else the name on the command line.</summary>
    public string ExecutableOf(CrashNotice notice)
    {
        var process = string.Create(CultureInfo.InvariantCulture, $"{proc}/{notice.Pid}");
        var link = ProcFiles.ReadLink($"{ThreadDirectory(process, notice.Tid)}/exe");
        return link.Length > 0 ? link : notice.Executable;
    }

    private static string ThreadDirectory(string process, int tid)
    {
        var thread = string.Create(CultureInfo.InvariantCulture, $"{process}/task/{tid}");
        return Directory.Exists(thread) ? thread : process;
    }

    private static bool IsForeign(string theirs, string ours)
    {
        var space = ProcFiles.ReadLink(theirs);
        return space.Length > 0 && space != ProcFiles.ReadLink(ours);
    }

    private static byte[] ReleaseBelow(string place)
    {
        using var directory = ForeignFile.TryOpenDirectory(place);
        if (directory is null)
        {
            return [];
        }

        foreach (var path in OsRelease.Paths)
        {
            using var file = ForeignFile.TryOpenBelow(directory, path);
            if (file is not null)
            {
                return ProcFiles.Read(file, OsRelease.MaxBytes);
            }
        }

        return [];
    }

    /// <summary>Inside a container each thread has to be asked for the number it has there.</summary>
    private static Dictionary<int, string> ThreadNames(string process, CrashNotice notice)
    {
        var names = new Dictionary<int, string>();
        foreach (var thread in Threads(process).Take(MaxThreads))
        {
            var isOutside = notice.Pid == notice.InnerPid;
            var id = isOutside && int.TryParse(Path.GetFileName(thread), NumberStyles.None, CultureInfo.InvariantCulture, out var outer)
                ? outer
                : StatusText.InnermostIdOf(ProcFiles.ReadText($"{thread}/status", MaxStatus));
            var name = ProcFiles.ReadText($"{thread}/comm", MaxName).TrimEnd('\n');
            if (id is { } number && name.Length > 0)
            {
                names[number] = name;
            }
        }

        return names;
    }

    private static string[] Threads(string process)
    {
        try
        {
            return Directory.GetDirectories($"{process}/task");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>
    /// How long the process has run. Field 22 of /proc/PID/stat is its start after boot; the name before that may hold anything,
    /// parentheses too (proc_pid_stat(5)).
    /// </summary>
    private TimeSpan AgeOf(string stat)
    {
        const int startAfterState = 19;
        var text = ProcFiles.ReadText(stat, MaxStatus);
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var upTime = ProcFiles.ReadText($"{proc}/uptime", MaxName).Split(' ')[0];
        if (fields.Length <= startAfterState
            || !long.TryParse(fields[startAfterState], NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            || !double.TryParse(upTime, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var now))
        {
            return TimeSpan.Zero;
        }

        return TimeSpan.FromSeconds(Math.Clamp(now - ((double)start / TicksPerSecond), 0, now));
    }

    private static byte[] WholeLines(byte[] text)
    {
        var end = Array.LastIndexOf(text, (byte)'\n');
        return text.Length < MaxMaps ? text : text[..(end + 1)];
    }
}
