using System.Globalization;

namespace VmTools.Host.LogStore;

/// <summary>
/// The names of a log file and its older ones: <c>kern.log</c> is written, <c>kern.log.1</c> is the youngest of the older ones, and one
/// that was compressed ends in <c>.gz</c>. A program that renames holds the directory's lock; reading needs none.
/// </summary>
internal static class RotatedFiles
{
    private const string Compressed = ".gz";

    /// <summary>Makes every file one older, and room for a new live one; those beyond <paramref name="kept"/> are deleted.</summary>
    public static void Shift(string path, int kept)
    {
        foreach (var (name, number) in Older(path).OrderByDescending(older => older.Number))
        {
            Move(name, number < kept ? Numbered(path, number + 1) + EndingOf(name) : null);
        }

        Move(path, kept > 0 ? Numbered(path, 1) : null);
    }

    /// <summary>
    /// The files there are, oldest first, the live one last. Where compressing was interrupted there are two of one number, both
    /// whole: the plain one counts.
    /// </summary>
    public static IReadOnlyList<string> Existing(string path)
    {
        var older = Older(path)
            .GroupBy(file => file.Number)
            .OrderByDescending(same => same.Key)
            .Select(same => same.Select(file => file.Name).MinBy(name => name.Length)!);
        return [.. older, .. File.Exists(path) ? [path] : Array.Empty<string>()];
    }

    /// <summary>Whether the file of this name, one of <see cref="Existing"/>, is to be read through gzip.</summary>
    public static bool IsCompressed(string name) => name.EndsWith(Compressed, StringComparison.Ordinal);

    /// <summary>All older files, compressed or not, in no order.</summary>
    public static IEnumerable<string> OlderThan(string path) => Older(path).Select(older => older.Name);

    private static string EndingOf(string name) => IsCompressed(name) ? Compressed : "";

    private static string Numbered(string path, int number) => path + "." + number.ToString(CultureInfo.InvariantCulture);

    private static List<(string Name, int Number)> Older(string path)
    {
        var (directory, prefix) = (Path.GetDirectoryName(path)!, Path.GetFileName(path) + ".");
        List<(string Name, int Number)> found = [];
        try
        {
            var names = Directory.EnumerateFiles(directory).Select(file => Path.GetFileName(file));
            foreach (var file in names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                var number = file[prefix.Length..];
                number = IsCompressed(number) ? number[..^Compressed.Length] : number;
                if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0)
                {
                    found.Add((Path.Combine(directory, file), value));
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // A VM that never logged has no directory.
        }

        return found;
    }

    /// <summary>Deletes the file where <paramref name="to"/> is null. A user may have deleted it since it was listed.</summary>
    private static void Move(string from, string? to)
    {
        try
        {
            if (to is null)
            {
                File.Delete(from);
            }
            else
            {
                File.Move(from, to, overwrite: true);
            }
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            // Nothing to keep.
        }
    }
}
