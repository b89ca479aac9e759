using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Grpc.Core;
using VmTools.Host.LogStore;
using VmTools.Protocol;
using VmTools.Protocol.Messages;

namespace VmTools.Fuzz.Targets;

/// <summary>
/// What the collector is expected to do with each call of one VM: the status, and the lines that its two files then hold. Of those some may
/// be missing, where they were too many; then their number is told.
/// </summary>
internal sealed partial class CollectorModel(Cid cid)
{
    private readonly Dictionary<LogSource, List<string>> _lines = new() { [LogSource.Kernel] = [], [LogSource.User] = [] };
    private (string Spool, ulong Sequence) _last = ("", 0);

    public static StatusCode StatusOf(ReadOnlySpan<byte> request, string? batch, bool isKnown, out LogRequest? parsed)
    {
        try
        {
            parsed = LogRequest.Parser.ParseFrom(request);
        }
        catch (InvalidProtocolBufferException)
        {
            parsed = null;
            return StatusCode.Internal;
        }

        return batch is not null && !TryName(batch, out _) ? StatusCode.InvalidArgument : isKnown ? StatusCode.OK : StatusCode.Unavailable;
    }

    /// <summary>A batch that was taken: its lines are there, unless it, or a later one of its spool, came just before.</summary>
    public void Taken(LogSource source, string? batch, LogRequest request)
    {
        if (batch is not null && TryName(batch, out var name))
        {
            if (name.Spool == _last.Spool && name.Sequence <= _last.Sequence)
            {
                return;
            }

            _last = name;
        }

        _lines[source].AddRange(request.Records.Select(LineOf));
    }

    /// <summary>Compares with what a file and the older ones of its name hold; says how many lines are missing.</summary>
    public long Compare(LogSource source, byte[] written)
    {
        BrokenInvariantException.Unless(written is [] or [.., (byte)'\n'], "a file holds whole lines");
        var expected = new Queue<string>(_lines[source]);
        var (missing, told) = (0L, 0L);
        foreach (var line in Encoding.UTF8.GetString(written).Split('\n')[..^1])
        {
            var text = Line().Match(line) is { Success: true } match
                ? match.Groups["rest"].Value
                : throw new BrokenInvariantException($"it is no line: {line}");
            if (Report().Match(text) is { Success: true } report && (expected.Count == 0 || !expected.Contains(text)))
            {
                told += long.Parse(report.Groups["count"].Value, CultureInfo.InvariantCulture);
                continue;
            }

            var skipped = 0;
            while (expected.TryPeek(out var next) && next != text)
            {
                expected.Dequeue();
                skipped++;
            }

            BrokenInvariantException.Unless(expected.TryDequeue(out _), $"nobody sent this, or not then: {line}");
            missing += skipped;
        }

        missing += expected.Count;
        BrokenInvariantException.Unless(missing == told, $"{missing} lines are missing, {told} are told to be");
        return missing;
    }

    private static bool TryName(string text, out (string Spool, ulong Sequence) name)
    {
        name = Name().Match(text) is { Success: true } match
            && ulong.TryParse(match.Groups["sequence"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? (match.Groups["spool"].Value.ToUpperInvariant(), sequence)
            : ("", 0);
        return name.Sequence > 0;
    }

    private string LineOf(LogRecord record)
    {
        var severity = (int)record.Severity is >= 1 and <= 8 and var known ? known - 1 : 5;
        return string.Create(CultureInfo.InvariantCulture, $"<{8 + severity}>  VM({cid}): {ScrubberReference.Scrub(record.Content.Span)}");
    }

    [GeneratedRegex(@"\A(?<spool>[0-9A-Fa-f]{32})-(?<sequence>[0-9]+)\z")]
    private static partial Regex Name();

    [GeneratedRegex(
        @"\A(?:[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z|[A-Z][a-z]{2} [ 1-3][0-9] [0-9:]{8}) (?<rest><[0-9]+>  VM\([0-9]+\): .*)\z",
        RegexOptions.Singleline)]
    private static partial Regex Line();

    [GeneratedRegex(@"\A<44>  VM\([0-9]+\): vmlog_forwarder: (?<count>[0-9]+) records \([0-9]+ bytes\) dropped: more than ")]
    private static partial Regex Report();
}
