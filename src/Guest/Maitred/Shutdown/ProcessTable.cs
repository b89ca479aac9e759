using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Maitred.Shutdown;

/// <summary>What /proc tells about each process.</summary>
internal static class ProcessTable
{
    /// <summary>Inode of PID 1's process name space, 0 when it cannot be read.</summary>
    public static ulong RootNamespace => NamespaceOf(1);

    public static IReadOnlyList<RunningProcess> Read()
    {
        var processes = new List<RunningProcess>();
        foreach (var pid in Processes.All())
        {
            processes.Add(new RunningProcess(pid, LinkTarget($"/proc/{pid}/exe"), CommandLineOf(pid), NamespaceOf(pid)));
        }

        return processes;
    }

    /// <summary>The link reads "pid:[4026531836]".</summary>
    private static ulong NamespaceOf(int pid)
    {
        var target = LinkTarget($"/proc/{pid}/ns/pid");
        var open = target?.IndexOf('[', StringComparison.Ordinal) ?? -1;
        return open >= 0 && ulong.TryParse(target.AsSpan(open + 1).TrimEnd(']'), out var inode) ? inode : 0;
    }

    private static string CommandLineOf(int pid)
    {
        try
        {
            return CommandLineText.Join(File.ReadAllText($"/proc/{pid}/cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
