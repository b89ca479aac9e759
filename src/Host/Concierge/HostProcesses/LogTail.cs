using System.Text;
using VmTools.Linux;

namespace VmTools.Host.Concierge.HostProcesses;

/// <summary>The last lines of a log that a guest or a VMM wrote, made safe for a terminal: both may write anything.</summary>
internal static class LogTail
{
    private const int MaxBytes = 8192;
    private const int MaxLineLength = 200;

    /// <summary>The last lines, or nothing when the file is missing, empty or unreadable.</summary>
    public static IReadOnlyList<string> Read(string path, int lines)
    {
        try
        {
            if (!DiskUsage.IsPlainFile(path))
            {
                return [];
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            file.Seek(-Math.Min(file.Length, MaxBytes), SeekOrigin.End);
            var bytes = new byte[MaxBytes];
            var count = file.ReadAtLeast(bytes, MaxBytes, throwOnEndOfStream: false);
            return [.. Encoding.UTF8.GetString(bytes, 0, count).Split('\n').Select(Clean).Where(line => line.Length > 0).TakeLast(lines)];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>One line without control characters and without what an escape sequence leaves behind.</summary>
    public static string Clean(string line)
    {
        var clean = new StringBuilder(Math.Min(line.Length, MaxLineLength));
        for (var at = 0; at < line.Length && clean.Length < MaxLineLength; at++)
        {
            if (line[at] == '\x1b')
            {
                at = EndOfEscape(line, at);
            }
            else if (!char.IsControl(line[at]) && line[at] != '\ufffd')
            {
                clean.Append(line[at]);
            }
        }

        return clean.ToString().TrimEnd();
    }

    /// <summary>ECMA-48: ESC [ parameters final byte, or ESC and one byte.</summary>
    private static int EndOfEscape(string line, int at)
    {
        var next = at + 1;
        if (next >= line.Length || line[next] != '[')
        {
            return next;
        }

        for (next++; next < line.Length && line[next] is < '@' or > '~'; next++)
        {
        }

        return next;
    }
}
