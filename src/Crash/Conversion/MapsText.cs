using System.Globalization;
using System.Text;
using VmTools.Crash.Cores;

namespace VmTools.Crash.Conversion;

/// <summary>
/// Mappings as /proc/PID/maps has them (proc_pid_maps(5)): read when the core does not name its files, written when it could not be read.
/// </summary>
internal static class MapsText
{
    private const int PageSize = 4096;
    private const int FieldsBeforeName = 5;

    /// <summary>The lines that name a file; others and bad ones are passed over.</summary>
    public static List<FileMapping> Read(ReadOnlySpan<byte> maps)
    {
        var found = new List<FileMapping>();
        foreach (var line in Encoding.UTF8.GetString(maps).Split('\n'))
        {
            var fields = line.Split(' ', FieldsBeforeName + 1, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > FieldsBeforeName
                && fields[FieldsBeforeName].TrimStart() is ['/', ..] name
                && fields[0].Split('-') is [var start, var end]
                && ulong.TryParse(start, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var first)
                && ulong.TryParse(end, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var last)
                && ulong.TryParse(fields[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var offset))
            {
                found.Add(new FileMapping(first, last, offset / PageSize, name));
            }
        }

        return found;
    }

    public static byte[] Write(LoadTable loads, IReadOnlyList<FileMapping> files, int limit)
    {
        var byStart = new Dictionary<ulong, FileMapping>();
        foreach (var file in files)
        {
            byStart.TryAdd(file.Start, file);
        }

        var text = new StringBuilder();
        foreach (var load in loads.All)
        {
            var file = byStart.GetValueOrDefault(load.Address);
            var access = $"r{(load.IsWritable ? 'w' : '-')}{(load.IsExecutable ? 'x' : '-')}p";
            text.Append(CultureInfo.InvariantCulture,
                $"{load.Address:x8}-{load.MemoryEnd:x8} {access} {file.OffsetInPages * PageSize:x8} 00:00 0 {file.File}\n");
            if (text.Length > limit)
            {
                break;
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
