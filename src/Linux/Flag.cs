namespace VmTools.Linux;

/// <summary>
/// One word of a command line that begins with one or two dashes: <c>--name</c>, <c>-name</c>, <c>--name=value</c>. It is for the programs
/// that read their command line themselves; docs/decisions/command-line.md tells why they do.
/// </summary>
/// <param name="Word">The word as it was given.</param>
/// <param name="Option">The word up to the equals sign, with its dashes.</param>
/// <param name="Dashes">1 or 2.</param>
/// <param name="Value">What stands behind the first equals sign; null where there is none.</param>
public readonly record struct Flag(string Word, string Option, int Dashes, string? Value)
{
    /// <summary>The option without its dashes.</summary>
    public string Name => Option[Dashes..];

    /// <summary>False for a word that begins with no dash.</summary>
    public static bool TryRead(string word, out Flag flag)
    {
        flag = default;
        if (!word.StartsWith('-'))
        {
            return false;
        }

        var dashes = word.StartsWith("--", StringComparison.Ordinal) ? 2 : 1;
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        flag = equals < 0 ? new Flag(word, word, dashes, null) : new Flag(word, word[..equals], dashes, word[(equals + 1)..]);
        return true;
    }
}
