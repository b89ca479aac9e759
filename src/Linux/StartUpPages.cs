using System.Globalization;
using VmTools.Linux.Libc;

namespace VmTools.Linux;

/// <summary>
/// The pages of its own program and libraries that a process touched only while it started. A long-lived small process gives
/// them back once: what it needs again comes from the page cache at the first touch (madvise(2), MADV_DONTNEED).
/// </summary>
public static class StartUpPages
{
    /// <summary>
    /// Lets go of read-only file mappings of which no page is private: nothing but the file's own content can be in them, so
    /// nothing is lost. Relocated data, which is read-only too but not the file's any more, keeps its pages.
    /// </summary>
    public static void Forget()
    {
        (nint Start, nuint Length)? mapping = null;
        foreach (var line in File.ReadAllLines("/proc/self/smaps"))
        {
            if (line.StartsWith("Anonymous:", StringComparison.Ordinal))
            {
                if (mapping is { } found && line.EndsWith(" 0 kB", StringComparison.Ordinal))
                {
                    _ = Native.MemoryAdvise(found.Start, found.Length, Native.AdviseDontNeed);
                }

                mapping = null;
            }
            else if (line.Contains('-', StringComparison.Ordinal) && !line.Contains("kB", StringComparison.Ordinal))
            {
                mapping = ReadOnlyFile(line);
            }
        }
    }

    /// <summary>The range of a line such as <c>55d0-55e0 r-xp 00001000 fe:01 123 /usr/bin/program</c>, if it is of that kind.</summary>
    private static (nint Start, nuint Length)? ReadOnlyFile(string line)
    {
        var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (fields.Length != 6 || fields[1] is not ("r-xp" or "r--p") || !fields[5].StartsWith('/'))
        {
            return null;
        }

        var range = fields[0].Split('-');
        return nint.TryParse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var start)
            && nint.TryParse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var end)
                ? (start, (nuint)(end - start))
                : null;
    }
}
