namespace VmTools.Protocol.Wire;

/// <summary>The host name that a guest gets from its VM's name: letters, digits and hyphens (RFC 1123, section 2.1).</summary>
public static class VmHostname
{
    /// <summary>The kernel's limit is 64 (__NEW_UTS_LEN); a label of a DNS name has at most 63 characters.</summary>
    public const int MaxLength = 63;

    /// <summary>Characters that a host name cannot have become hyphens; empty where nothing usable is left.</summary>
    public static string Of(string vmName)
    {
        Span<char> letters = stackalloc char[Math.Min(vmName.Length, MaxLength)];
        for (var i = 0; i < letters.Length; i++)
        {
            letters[i] = char.IsAsciiLetterOrDigit(vmName[i]) ? vmName[i] : '-';
        }

        return letters.Trim('-').ToString();
    }
}
