namespace VmTools.Guest.Tremplin;

/// <summary>What a container's system calls itself (os-release(5)); fields that it leaves out are empty.</summary>
internal sealed record OsRelease(string PrettyName, string Name, string Version, string VersionId, string Id)
{
    public const int MaxFileBytes = 16 * 1024;

    private const int MaxField = 200;

    public static readonly OsRelease Unknown = new("", "", "", "", "");

    public static OsRelease Parse(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line[0] != '#')
            {
                fields[line[..equals].Trim()] = ValueOf(line[(equals + 1)..].Trim());
            }
        }

        string Field(string name) => fields.GetValueOrDefault(name, "");
        return new OsRelease(Field("PRETTY_NAME"), Field("NAME"), Field("VERSION"), Field("VERSION_ID"), Field("ID"));
    }

    /// <summary>A word of a shell's assignment. Control characters have no place in a name.</summary>
    private static string ValueOf(string word)
    {
        var quoted = word.Length >= 2 && word[0] is '"' or '\'' && word[^1] == word[0];
        var plain = quoted ? word[1..^1] : word;
        var kept = new string([.. plain.Where(letter => letter != '\\' && !char.IsControl(letter) && !char.IsSurrogate(letter))]);
        return kept.Length <= MaxField ? kept : kept[..MaxField];
    }
}
