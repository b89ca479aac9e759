using System.Globalization;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>The directories in which the program may begin, the best first. One it cannot enter only costs a line in the log.</summary>
internal static class WorkingDirectories
{
    /// <param name="home">The user's.</param>
    /// <param name="wanted">The host's wish, relative to home; may be empty.</param>
    /// <param name="processId">A process to begin beside, which goes before the wish; 0 for none.</param>
    public static IReadOnlyList<string> Candidates(string home, string wanted, int processId)
    {
        var candidates = new List<string>(4);
        if (processId > 0 && DirectoryOf(processId) is { } beside)
        {
            candidates.Add(beside);
        }

        if (wanted.Length > 0 && !wanted.Contains('\0'))
        {
            candidates.Add(Path.Combine(home, wanted));
        }

        candidates.Add(home);
        candidates.Add("/");
        return [.. candidates.Where(Directory.Exists)];
    }

    private static string? DirectoryOf(int processId)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/cwd")).LinkTarget;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
