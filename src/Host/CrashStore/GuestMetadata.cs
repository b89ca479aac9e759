using System.Buffers;
using VmTools.Host.GuestText;

namespace VmTools.Host.CrashStore;

/// <summary>
/// What a guest says of a crash, made fit for our file: few keys of plain characters, short values on one line. Nothing of it is refused,
/// as the report is worth more than its longest line.
/// </summary>
internal static class GuestMetadata
{
    public const int MostFields = 64;
    public const int MostKeyBytes = 64;
    public const int MostValueBytes = 4096;

    private static readonly SearchValues<char> KeyCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    /// <summary>The first so many by key. What the host writes itself is not the guest's to say.</summary>
    public static IReadOnlyDictionary<string, string> Clean(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var clean = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var name = KeyOf(key);
            if (clean.Count < MostFields && name.Length > 0 && !CrashMeta.IsHosts(name))
            {
                clean.TryAdd(name, SafeText.ForFile(value, MostValueBytes));
            }
        }

        return clean;
    }

    private static string KeyOf(string key)
    {
        var head = key.AsSpan(0, Math.Min(key.Length, MostKeyBytes));
        return head.IndexOfAnyExcept(KeyCharacters) < 0
            ? head.ToString()
            : string.Create(head.Length, key, static (to, from) =>
            {
                for (var at = 0; at < to.Length; at++)
                {
                    to[at] = KeyCharacters.Contains(from[at]) ? from[at] : '_';
                }
            });
    }
}
