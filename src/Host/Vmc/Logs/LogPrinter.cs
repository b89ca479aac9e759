using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using VmTools.Host.GuestText;
using VmTools.Host.LogStore;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Logs;

/// <summary>Writes records for people, on a terminal coloured by severity, or as JSON, one object a line.</summary>
internal sealed class LogPrinter(TextWriter output, LogsOptions options, TimeZoneInfo zone)
{
    private const string Plain = "\x1b[0m";

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether the output is a terminal whose user wants colours.</summary>
    public bool HasColours { get; init; }

    public void Print(in StoredRecord record, string text)
    {
        if (options.AsJson)
        {
            output.WriteLine(SafeText.ForJson(JsonOf(record, text)));
            return;
        }

        var time = TimeZoneInfo.ConvertTime(record.Line.Time, zone);
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{time:yyyy-MM-dd HH:mm:ss.fff} {(record.Line.IsHosts ? "host" : NameOf(record.Source)),-7}  {SafeText.ForCell(text)}");
        output.WriteLine(HasColours && ColourOf(record.Line.Severity) is { } colour ? colour + line + Plain : line);
    }

    private string JsonOf(in StoredRecord record, string text)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("time", UtcTime.Text(record.Line.Time));
            json.WriteString("source", NameOf(record.Source));
            json.WriteString("facility", record.Line.IsHosts ? "syslog" : "user");
            json.WriteString("severity", LogSeverity.Names[record.Line.Severity]);
            json.WriteString("vm", options.Name);
            json.WriteNumber("cid", record.Line.Cid);
            json.WriteString("message", text);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static string NameOf(LogSource source) => source switch
    {
        LogSource.Kernel => "kernel",
        LogSource.User => "user",
        LogSource.Console => "console",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "There is no such source."),
    };

    /// <summary>As journalctl has them.</summary>
    private static string? ColourOf(int severity) => severity switch
    {
        <= 3 => "\x1b[1;31m",
        4 => "\x1b[1;33m",
        5 => "\x1b[1m",
        7 => "\x1b[2m",
        _ => null,
    };
}
