using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Host.GuestText;

namespace VmTools.Host.Daemon;

/// <summary>
/// One line per event, time first, to stderr or a file; of bounded length and without control characters, as it may hold what a
/// stranger sent. A logger of our own because the daemons are to stay small: the
/// general ones bring threads and options that they have no use for.
/// </summary>
internal sealed class LineLog(Action<byte[]> write, string program, TimeProvider clock) : ILogger
{
    private const int MostBytes = 2048;

    /// <summary>A defect is told with its stack, which is ours.</summary>
    private const int MostBytesOfDefect = 8192;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information && logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var time = clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        var text = exception is null ? formatter(state, null) : $"{formatter(state, exception)} {exception}";
        var line = new ArrayBufferWriter<byte>();
        line.Write(Encoding.UTF8.GetBytes($"{time} {Word(logLevel)} {program}: "));
        WriteClean(text, exception is null ? MostBytes : MostBytesOfDefect, line);
        line.Write("\n"u8);
        write(line.WrittenSpan.ToArray());
    }

    /// <summary>The escapes of control characters are counted too: the line as a whole is bounded.</summary>
    private static void WriteClean(string text, int most, ArrayBufferWriter<byte> to)
    {
        var clean = new ArrayBufferWriter<byte>();
        var cut = text.Length > most ? text[..most] : text;
        SafeText.WriteForFile(Encoding.UTF8.GetBytes(cut.ReplaceLineEndings(" ")), clean);
        if (clean.WrittenCount <= most && cut.Length == text.Length)
        {
            to.Write(clean.WrittenSpan);
            return;
        }

        // A character is cut whole: its later bytes all begin with the bits 10.
        var end = Math.Min(most, clean.WrittenCount);
        while (end > 0 && end < clean.WrittenCount && (clean.WrittenSpan[end] & 0xC0) == 0x80)
        {
            end--;
        }

        to.Write(clean.WrittenSpan[..end]);
        to.Write("… (cut)"u8);
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Critical or LogLevel.Error => "error",
        LogLevel.Warning => "warning",
        _ => "info",
    };
}
