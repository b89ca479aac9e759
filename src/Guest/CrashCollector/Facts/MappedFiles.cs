using System.Globalization;
using System.Text;
using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Guest.CrashCollector.Facts;

/// <summary>
/// The files a process has mapped, opened through /proc/PID/map_files: the very files, whatever stands at their paths by now, and
/// deleted ones too. They are opened before any byte of the core is read, because afterwards nothing may be opened any more.
/// </summary>
internal static class MappedFiles
{
    /// <summary>A program with more libraries is reported without what only their files could tell.</summary>
    public const int MaxFiles = 192;

    private const int HeaderBytes = 64 * 1024;

    /// <summary>
    /// One for each file that is mapped from its start; <paramref name="maps"/> is in the form of /proc/PID/maps, whose lines are
    /// "first-end rights offset device inode path" (proc_pid_maps(5)).
    /// </summary>
    public static Dictionary<ulong, FdHandle> Open(string directory, ReadOnlySpan<byte> maps)
    {
        var files = new Dictionary<ulong, FdHandle>();
        foreach (var line in Encoding.Latin1.GetString(maps).AsSpan().EnumerateLines())
        {
            if (files.Count == MaxFiles)
            {
                break;
            }

            if (TryRange(line, out var range, out var start) && ForeignFile.TryOpenLink($"{directory}/map_files/{range}") is { } file)
            {
                files[start] = file;
            }
        }

        return files;
    }

    /// <summary>The start of the file mapped at this address, enough to hold its headers; null where it is not open.</summary>
    public static byte[]? ReadStart(IReadOnlyDictionary<ulong, FdHandle> files, ulong start)
    {
        if (!files.TryGetValue(start, out var file))
        {
            return null;
        }

        var bytes = new byte[HeaderBytes];
        return Fd.TryReadAt(file, bytes, 0, out var count) == Errno.None ? bytes[..count] : null;
    }

    /// <summary>The range of a line that maps the start of a file, as map_files names it: without leading zeros.</summary>
    internal static bool TryRange(ReadOnlySpan<char> line, out string range, out ulong start)
    {
        (range, start) = ("", 0);
        Span<Range> fields = stackalloc Range[7];
        if (line.Split(fields, ' ', StringSplitOptions.RemoveEmptyEntries) < 6
            || !line[fields[5]].StartsWith('/')
            || line[fields[2]].ContainsAnyExcept('0'))
        {
            return false;
        }

        var addresses = line[fields[0]];
        var dash = addresses.IndexOf('-');
        if (dash < 0
            || !ulong.TryParse(addresses[..dash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out start)
            || !ulong.TryParse(addresses[(dash + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var end))
        {
            return false;
        }

        range = string.Create(CultureInfo.InvariantCulture, $"{start:x}-{end:x}");
        return true;
    }
}
