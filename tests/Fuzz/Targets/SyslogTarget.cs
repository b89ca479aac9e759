using Microsoft.Extensions.Time.Testing;
using VmTools.Fuzz.Inputs;
using VmTools.Guest.Syslog.Parsing;

namespace VmTools.Fuzz.Targets;

/// <summary>
/// Datagrams of /dev/log. Severity, time and content are those of <see cref="SyslogReference"/>, which says the same rules as regular
/// expressions; so no byte of the content is lost, and what is taken off before it is a priority and a time and nothing else.
/// </summary>
internal sealed class SyslogTarget : IFuzzTarget
{
    private static readonly DateTimeOffset Now = new(2024, 2, 29, 23, 59, 58, TimeSpan.Zero);

    private readonly SyslogParser _parser = new(new FakeTimeProvider(Now));

    public int MaxInput => 512;

    public IReadOnlyList<byte[]> Seeds { get; } = SeedFile.Read("syslog");

    public IReadOnlyList<byte[]> Tokens { get; } =
    [
        .. new[] { "<13>", "<-1>", "<+7>", "1 ", " - ", "- - - ", "[a b=\"c\"]", "\\\"", "]", "\"", "2024-02-29T23:59:59.999999", "+13:59",
            "-00:00", "Z ", "Feb 30 ", "december", "61", "\t" }
            .Select(System.Text.Encoding.Latin1.GetBytes),
        [0xef, 0xbb, 0xbf],
    ];

    public int Run(ReadOnlySpan<byte> input)
    {
        var isMessage = _parser.TryParse(input, out var message);
        var (severity, time, content) = SyslogReference.Read(input, Now);
        BrokenInvariantException.Unless(isMessage == content.Length > 0, "a message is what has content");
        BrokenInvariantException.Unless(!isMessage || message.Severity == severity, $"severity {message.Severity}, expected {severity}");
        BrokenInvariantException.Unless(!isMessage || message.Time == time, $"time {message.Time:O}, expected {time:O}");
        BrokenInvariantException.Unless(!isMessage || message.Content.SequenceEqual(content), "the content is the datagram's own bytes");
        return HashCode.Combine(isMessage, severity, time == Now, content.Length < input.Length);
    }

    public void Dispose()
    {
    }
}
