namespace VmTools.Guest.CrashCollector.Conversion;

/// <summary>
/// Blanks the values of environment variables in a minidump. The kernel puts the environment above the first thread's stack, and programs
/// copy it; a list without secrets would be of little use beside a memory with them.
/// </summary>
internal static class Redaction
{
    /// <summary>A shorter value says little, and is found everywhere.</summary>
    public const int MinValue = 8;

    /// <summary>The most variables that are searched for, more than a well-meaning program has: the search takes time.</summary>
    public const int MaxEntries = 256;

    private const byte Blanked = (byte)'*';

    /// <summary>
    /// Blanks each entry where it stands whole, and its value wherever that stands alone. A path stays outside of entries: the list of
    /// mapped files names it too.
    /// </summary>
    public static void Blank(Span<byte> minidump, IReadOnlyList<byte[]> secrets)
    {
        foreach (var entry in secrets.Take(MaxEntries))
        {
            var equals = Array.IndexOf(entry, (byte)'=');
            var value = entry.AsSpan(equals + 1);
            if (value.IsEmpty)
            {
                continue;
            }

            if (value.Length >= MinValue && value[0] != '/')
            {
                BlankAll(minidump, value, 0);
            }
            else
            {
                BlankAll(minidump, entry, equals + 1);
            }
        }
    }

    private static void BlankAll(Span<byte> minidump, ReadOnlySpan<byte> sought, int kept)
    {
        for (int at; (at = minidump.IndexOf(sought)) >= 0; minidump = minidump[(at + sought.Length)..])
        {
            minidump.Slice(at + kept, sought.Length - kept).Fill(Blanked);
        }
    }
}
