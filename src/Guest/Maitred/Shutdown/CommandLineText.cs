namespace VmTools.Guest.Maitred.Shutdown;

/// <summary>
/// What may be written to the log about a process that has to be killed. Programs of containers are the user's own affair:
/// of them only ours are named, and only with the words that say which of ours it is.
/// </summary>
internal static class CommandLineText
{
    private const string OurPrograms = "/opt/google";

    /// <summary>The bytes of /proc/PID/cmdline as one line: a NUL ends each argument.</summary>
    public static string Join(string raw) => raw.TrimEnd('\0').Replace('\0', ' ');

    /// <param name="commandLine">The line, already joined.</param>
    /// <param name="rootNamespace">Inode of PID 1's process name space, 0 when unknown.</param>
    /// <param name="processNamespace">Inode of the process's own.</param>
    public static string ForLog(string commandLine, ulong rootNamespace, ulong processNamespace)
    {
        if (commandLine.Length == 0)
        {
            return "unknown process";
        }

        if (rootNamespace != 0 && rootNamespace == processNamespace)
        {
            return commandLine;
        }

        return commandLine.Contains(OurPrograms, StringComparison.Ordinal) ? FirstThreeWords(commandLine) : "container process";
    }

    private static string FirstThreeWords(string commandLine)
    {
        var end = 0;
        for (var word = 0; word < 3; word++)
        {
            end = commandLine.IndexOf(' ', end + 1);
            if (end < 0)
            {
                return commandLine;
            }
        }

        return commandLine[..end];
    }
}
