using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using VmTools.Fuzz.Inputs;
using VmTools.Guest.Syslog.Parsing;

namespace VmTools.Fuzz.Targets;

/// <summary>
/// Records of /dev/kmsg: the input as a record is read as a regular expression reads it, and the input as the text of a record,
/// written as the kernel writes it, comes out as it went in.
/// </summary>
internal sealed partial class KernelTarget : IFuzzTarget
{
    private readonly byte[] _text = new byte[KernelRecordParser.MaxRecord];

    public int MaxInput => 512;

    public IReadOnlyList<byte[]> Seeds { get; } = SeedFile.Read("kmsg");

    public IReadOnlyList<byte[]> Tokens { get; } =
    [
        .. new[] { "6,", ",c;", ",-;", ";", "18446744073709551615", "18446744073709551616", "92233720368547758", "\\x5c", "\\x", "\\xfF",
            "\n SUBSYSTEM=x\n", ",caller=T1" }
            .Select(Encoding.Latin1.GetBytes),
    ];

    public int Run(ReadOnlySpan<byte> input)
    {
        ComesBack(input);
        var isRecord = KernelRecordParser.TryParse(input, _text, out var record);
        var match = Record().Match(Encoding.Latin1.GetString(input));
        var isExpected = match.Success & TryNumber(match, "priority", out var priority) & TryNumber(match, "sequence",
            out var sequence) & TryNumber(match, "time", out var time);
        BrokenInvariantException.Unless(isRecord == isExpected, $"it is a record: {isRecord}, expected {isExpected}");
        if (!isRecord)
        {
            return HashCode.Combine(match.Success);
        }

        var content = Encoding.Latin1.GetBytes(Escape().Replace(match.Groups["text"].Value, static found =>
            ((char)byte.Parse(found.Value.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToString()));
        var microseconds = (UInt128)(record.SinceBoot.Ticks / TimeSpan.TicksPerMicrosecond);
        BrokenInvariantException.Unless(
            record.Content.SequenceEqual(content), "the content is the unescaped text of the record's first line");
        BrokenInvariantException.Unless((int)record.Severity == (int)(priority % 8), $"severity {record.Severity}");
        BrokenInvariantException.Unless(record.Sequence == sequence, $"sequence {record.Sequence}");
        BrokenInvariantException.Unless(microseconds == UInt128.Min(time, long.MaxValue / 100), $"time {record.SinceBoot}");
        BrokenInvariantException.Unless(record.IsContinuation == match.Groups["flags"].Value is ['c' or '+', ..], "a continuation says so");
        return HashCode.Combine(
            record.Severity, record.IsContinuation, record.Content.Length == match.Groups["text"].Length, microseconds == time);
    }

    public void Dispose()
    {
    }

    private void ComesBack(ReadOnlySpan<byte> text)
    {
        var written = new StringBuilder("4,77,1234567,-;");
        foreach (var value in text)
        {
            _ = value is < 0x20 or > 0x7e or (byte)'\\'
                ? written.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}")
                : written.Append((char)value);
        }

        var line = Encoding.Latin1.GetBytes(written.Append("\n DEVICE=+x\n").ToString());
        BrokenInvariantException.Unless(
            KernelRecordParser.TryParse(line, _text, out var record) && record.Content.SequenceEqual(text) && record.Sequence == 77,
            "a record is read as it was written");
    }

    private static bool TryNumber(Match match, string name, out ulong number) =>
        ulong.TryParse(match.Groups[name].Value, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    [GeneratedRegex(@"\A(?<priority>[0-9]+),(?<sequence>[0-9]+),(?<time>[0-9]+)(?:,(?<flags>[^;\n]*))?;(?<text>[^\n]*)")]
    private static partial Regex Record();

    [GeneratedRegex(@"\\x[0-9a-fA-F]{2}")]
    private static partial Regex Escape();
}
