using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;

namespace VmTools.Host.CrashStore;

/// <summary>
/// What a report is called, also as a file: when it arrived and 32 random bits, <c>20261128T163208-1a2b3c4d</c>. Nothing of it comes from a
/// guest, and reports sort by it as they came.
/// </summary>
internal readonly record struct CrashId
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmss";
    private const int TimeLength = 15;
    private const int Length = TimeLength + 1 + 8;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    private CrashId(string value) => Value = value;

    public string Value { get; }

    /// <summary>The part that tells reports of one second apart, which is shorter to type.</summary>
    public string Short => Value[(TimeLength + 1)..];

    public static CrashId New(DateTimeOffset now) => Of(now, BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint))));

    public static CrashId Of(DateTimeOffset time, uint number)
    {
        var second = time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
        return new CrashId(string.Create(CultureInfo.InvariantCulture, $"{second}-{number:x8}"));
    }

    public static bool TryParse(string text, out CrashId id)
    {
        id = new CrashId(text);
        return text.Length == Length
            && text[TimeLength] == '-'
            && DateTime.TryParseExact(text.AsSpan(0, TimeLength), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            && text.AsSpan(TimeLength + 1).IndexOfAnyExcept(Digits) < 0;
    }

    /// <summary>Whether a user who types <paramref name="beginning"/> may mean this one.</summary>
    public bool IsMeantBy(string beginning) =>
        beginning.Length > 0
        && (Value.StartsWith(beginning, StringComparison.Ordinal) || Short.StartsWith(beginning, StringComparison.Ordinal));

    public override string ToString() => Value;
}
