using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Log;

/// <summary>
/// Writes each message as a datagram to /dev/log, as syslog(3) does: priority, name and number of the program, text. Never waits:
/// while the log's reader is behind, messages are lost.
/// </summary>
internal sealed class SystemLog : ILogger, IDisposable
{
    /// <summary>The facility "daemon" of RFC 5424, section 6.2.1.</summary>
    private const int Daemon = 3 << 3;

    private const int MaxCharacters = 2048;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
    private readonly string _name;
    private readonly bool _isOpen;

    public SystemLog(string path, string name)
    {
        _name = name;
        try
        {
            _socket.Connect(new UnixDomainSocketEndPoint(path));
            _isOpen = true;
        }
        catch (SocketException)
        {
            // A machine without a log: there is no place to say so.
        }
    }

    public bool IsEnabled(LogLevel logLevel) => _isOpen && logLevel is >= LogLevel.Information and < LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var text = exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception}";
        text = text[..Math.Min(text.Length, MaxCharacters)];
        var priority = Daemon + SeverityOf(logLevel);
        var record = string.Create(CultureInfo.InvariantCulture, $"<{priority}>{_name}[{Processes.CurrentId}]: {text}");
        try
        {
            _ = _socket.Send(Encoding.UTF8.GetBytes(record));
        }
        catch (SocketException)
        {
            // Its reader is behind or gone.
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose() => _socket.Dispose();

    private static int SeverityOf(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };
}
