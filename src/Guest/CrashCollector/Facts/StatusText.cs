using System.Globalization;

namespace VmTools.Guest.CrashCollector.Facts;

/// <summary>Lines of /proc/PID/status (proc_pid_status(5)): a name at the start of a line, a colon, a tab, the value.</summary>
internal static class StatusText
{
    /// <summary>The rest of the first line that begins with this; null where none does.</summary>
    public static string? ValueOf(string status, string name)
    {
        foreach (var line in status.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line[name.Length..].StartsWith(":\t", StringComparison.Ordinal))
            {
                return line[(name.Length + 2)..].ToString();
            }
        }

        return null;
    }

    public static int? ParentOf(string status) => NumberOf(ValueOf(status, "PPid"));

    /// <summary>The thread as its own name space numbers it: the last of the numbers, one for each name space it is in.</summary>
    public static int? InnermostIdOf(string status) => NumberOf(ValueOf(status, "NSpid")?.Split('\t')[^1]);

    private static int? NumberOf(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
