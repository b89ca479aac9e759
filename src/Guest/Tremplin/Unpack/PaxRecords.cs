using System.Globalization;
using System.Text;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>
/// The records of a pax extended header ("LENGTH KEY=VALUE\n", POSIX pax). Values are bytes: an extended attribute has any. The runtime's
/// own reader takes them for text and loses a file's capabilities, so that this is ours.
/// </summary>
internal sealed class PaxRecords
{
    private const string AttributePrefix = "SCHILY.xattr.";

    private readonly Dictionary<string, byte[]> _values = new(StringComparer.Ordinal);

    /// <summary>Offsets and lengths of a sparse file as the first version of its format has them: keys that come again and again.</summary>
    private readonly List<long> _sparseNumbers = [];

    public IReadOnlyList<KeyValuePair<string, byte[]>> Attributes =>
    [
        .. _values.Where(record => record.Key.StartsWith(AttributePrefix, StringComparison.Ordinal))
            .Select(record => KeyValuePair.Create(record.Key[AttributePrefix.Length..], record.Value)),
    ];

    /// <summary>As the records of version 0.0 say; empty where there are none.</summary>
    public IReadOnlyList<long> SparseNumbers => _sparseNumbers;

    /// <summary>The same records with those of an entry over them.</summary>
    public PaxRecords Copy()
    {
        var copy = new PaxRecords();
        foreach (var (key, value) in _values)
        {
            copy._values[key] = value;
        }

        return copy;
    }

    /// <summary>False where a record is not whole.</summary>
    public bool TryAdd(ReadOnlySpan<byte> text)
    {
        while (text.Length > 0)
        {
            var blank = text.IndexOf((byte)' ');
            if (blank is < 1 or > 8
                || !int.TryParse(text[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= blank + 2 || length > text.Length || text[length - 1] != '\n')
            {
                return false;
            }

            var record = text[(blank + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 1)
            {
                return false;
            }

            Set(Encoding.Latin1.GetString(record[..equals]), record[(equals + 1)..]);
            text = text[length..];
        }

        return true;
    }

    /// <summary>Null where there is no such record.</summary>
    public string? Text(string key) => _values.TryGetValue(key, out var value) ? Encoding.Latin1.GetString(value) : null;

    /// <summary>True where there is no such record, or a number in it.</summary>
    public bool TryNumber(string key, ref long number) =>
        !_values.TryGetValue(key, out var value)
        || long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    /// <summary>True where there is no such record, or a time in it: seconds with a fraction, before 1970 with a minus.</summary>
    public bool TryTime(ref long seconds, ref int nanoseconds)
    {
        if (Text("mtime") is not { } text)
        {
            return true;
        }

        if (!decimal.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var time)
            || decimal.Abs(time) > 1L << 40)
        {
            return false;
        }

        var whole = decimal.Floor(time);
        (seconds, nanoseconds) = ((long)whole, (int)((time - whole) * 1_000_000_000));
        return true;
    }

    private void Set(string key, ReadOnlySpan<byte> value)
    {
        if (key is "GNU.sparse.offset" or "GNU.sparse.numbytes")
        {
            _sparseNumbers.Add(
                long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1);
        }
        else if (value.Length == 0)
        {
            // So says POSIX: an empty value takes a record back.
            _values.Remove(key);
        }
        else
        {
            _values[key] = value.ToArray();
        }
    }
}
