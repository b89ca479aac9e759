using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Linux;

namespace VmTools.Guest.Log;

/// <summary>
/// Writes each message as one record of the kernel's log, with the priority tag the kernel reads (kmsg: "&lt;6&gt;text"), or
/// as a line of standard error. One write per message: records of several threads never mix.
/// </summary>
internal sealed class KernelLog : ILogger, ILoggerFactory
{
    /// <summary>The kernel refuses longer records (PRINTKRB_RECORD_MAX, less its own prefix).</summary>
    public const int MaxRecord = 960;

    private readonly FdHandle _sink;
    private readonly string _prefix;
    private readonly bool _isKernel;

    private KernelLog(FdHandle sink, string prefix, bool isKernel) => (_sink, _prefix, _isKernel) = (sink, prefix, isKernel);

    /// <summary>Opens the kernel's log; throws where there is none.</summary>
    public static KernelLog Kernel(string prefix) =>
        new(FdHandle.Open("/dev/kmsg", OpenFlags.WriteOnly), prefix, isKernel: true);

    public static KernelLog StandardError(string prefix) => new(FdHandle.Standard(2), prefix, isKernel: false);

    /// <summary>Records to any descriptor, in the kernel's form.</summary>
    public static KernelLog To(FdHandle sink, string prefix) => new(sink, prefix, isKernel: true);

    public void Write(LogLevel level, string text)
    {
        var tag = _isKernel ? TagOf(level) : "";
        var end = _isKernel ? "" : "\n";
        var bytes = Encoding.UTF8.GetBytes($"{tag}{_prefix}{OneLine(text)}{end}");
        _ = Fd.TryWrite(_sink, bytes.AsSpan(0, Math.Min(bytes.Length, MaxRecord)), out _);
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and < LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            var text = formatter(state, exception);
            Write(logLevel, exception is null ? text : $"{text}: {exception}");
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("Guest programs log to one place only.");

    public void Dispose() => _sink.Dispose();

    private static string TagOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "<7>",
        LogLevel.Information => "<6>",
        LogLevel.Warning => "<4>",
        LogLevel.Error => "<3>",
        LogLevel.Critical => "<2>",
        _ => "<5>",
    };

    /// <summary>A line break or escape sequence in a name could pass for a record of the kernel's own on a console.</summary>
    private static string OneLine(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        return string.Create(text.Length, text, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = char.IsControl(from[i]) ? ' ' : from[i];
            }
        });
    }
}
