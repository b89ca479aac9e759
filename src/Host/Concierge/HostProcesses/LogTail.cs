using System.Text;
using VmTools.Host.GuestText;
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

    /// <summary>One line without what could drive a terminal, of 200 characters at most.</summary>
    public static string Clean(string line) => SafeText.ForQuote(line, MaxLineLength);
}
