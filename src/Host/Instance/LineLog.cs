using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Linux;

namespace VmTools.Host.Instance;

/// <summary>
/// One line per event, time first, to stderr or a file. A logger of our own because the daemons are to stay small: the
/// general ones bring threads and options that they have no use for.
/// </summary>
internal sealed class LineLog(Action<byte[]> write, string program, TimeProvider clock) : ILogger
{
    /// <summary>A daemon's: nobody is left to be told that standard error cannot be written.</summary>
    public static LineLog ToStandardError(string program, TimeProvider clock) => new(
        static line =>
        {
            using var standardError = FdHandle.Standard(2);
            _ = Fd.TryWrite(standardError, line, out _);
        },
        program,
        clock);

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
        write(Encoding.UTF8.GetBytes($"{time} {Word(logLevel)} {program}: {text.ReplaceLineEndings(" ")}\n"));
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Critical or LogLevel.Error => "error",
        LogLevel.Warning => "warning",
        _ => "info",
    };
}
