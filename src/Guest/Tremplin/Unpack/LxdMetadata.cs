namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>metadata.yaml beside a root file system (LXD's image format): one word of it is of use here.</summary>
internal static class LxdMetadata
{
    private const string Key = "architecture:";

    /// <summary>The processor that it names at its top; null where it names none.</summary>
    public static string? ArchitectureIn(string yaml)
    {
        foreach (var line in yaml.Split('\n').Where(line => line.StartsWith(Key, StringComparison.Ordinal)))
        {
            var word = line[Key.Length..].Split('#')[0].Trim().Trim('"', '\'');
            return word.Length is > 0 and <= 32 && word.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-')
                ? word
                : null;
        }

        return null;
    }
}
