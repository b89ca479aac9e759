namespace VmTools.Guest.Maitred.Boot;

/// <summary>The machine's name: the VM's, as far as RFC 1123 allows it, or the first line of /etc/hostname.</summary>
internal static class Hostname
{
    /// <summary>__NEW_UTS_LEN of the kernel is 64; a label of a DNS name is at most 63.</summary>
    public const int MaxLength = 63;

    /// <summary>First line that is neither blank nor a comment, trimmed; empty when there is none.</summary>
    public static string FromFile(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            var name = line.Trim();
            if (name.Length > 0 && name[0] != '#')
            {
                return name;
            }
        }

        return "";
    }

    /// <summary>Characters that a host name cannot hold become hyphens; empty when nothing usable is left.</summary>
    public static string FromVmName(string name)
    {
        Span<char> letters = stackalloc char[Math.Min(name.Length, MaxLength)];
        for (var i = 0; i < letters.Length; i++)
        {
            letters[i] = char.IsAsciiLetterOrDigit(name[i]) ? name[i] : '-';
        }

        return letters.Trim('-').ToString();
    }
}
