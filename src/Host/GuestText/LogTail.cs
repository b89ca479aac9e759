using System.Text;
using VmTools.Linux.Files;

namespace VmTools.Host.GuestText;

/// <summary>The last lines of a log of a guest or a program of the host, made safe for a terminal: both may write anything.</summary>
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

    /// <summary>
    /// The last lines behind <paramref name="who"/>, each on a line of its own, to end a sentence about a program that failed; empty
    /// where there are none.
    /// </summary>
    public static string Quote(string who, string path, int lines) => Quote(who, Read(path, lines));

    public static string Quote(string who, IReadOnlyList<string> lines) =>
        lines.Count == 0 ? "" : $"\n{who}:\n  {string.Join("\n  ", lines)}";

    /// <summary>One line without what could drive a terminal, of 200 characters at most.</summary>
    public static string Clean(string line) => SafeText.ForQuote(line, MaxLineLength);
}
