namespace VmTools.Guest.CrashCollector.Facts;

/// <summary>The name of a distribution: PRETTY_NAME of os-release(5), unquoted as a shell would do it.</summary>
internal static class OsRelease
{
    public const int MaxBytes = 16 * 1024;

    /// <summary>The files that may hold it, in the order in which os-release(5) has them looked for.</summary>
    public static readonly IReadOnlyList<string> Paths = ["/etc/os-release", "/usr/lib/os-release"];

    private const string Name = "PRETTY_NAME=";

    /// <summary>Empty where the text has no name; of several the last counts.</summary>
    public static string PrettyName(string text)
    {
        var name = "";
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(Name, StringComparison.Ordinal))
            {
                name = Unquote(line[Name.Length..].Trim());
            }
        }

        return name;
    }

    private static string Unquote(ReadOnlySpan<char> value)
    {
        var isQuoted = value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0];
        return (isQuoted ? value[1..^1] : value).ToString().Replace("\\", "", StringComparison.Ordinal);
    }
}
