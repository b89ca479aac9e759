namespace VmTools.Unit.DBus;

/// <summary>Counts this process's descriptors by what they refer to, while other tests open and close theirs.</summary>
internal static class OwnFds
{
    internal static int Count(string kind) =>
        Directory.GetFileSystemEntries("/proc/self/fd").Count(fd => KindOf(fd).Contains(kind, StringComparison.Ordinal));

    private static string KindOf(string fd)
    {
        try
        {
            return File.ResolveLinkTarget(fd, returnFinalTarget: false)?.Name ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
