using Microsoft.Extensions.Logging;
using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux;

namespace VmTools.Guest.Vshd;

/// <summary>The sessions that run, up to a limit. Loop thread only.</summary>
internal sealed partial class SessionTable(SessionHost host)
{
    public const int MaxSessions = 64;

    private readonly Dictionary<Session, Task> _running = [];
    private bool _stopped;

    public int Count => _running.Count;

    /// <summary>Begins a session on a connection, or closes it at once where there are too many.</summary>
    public void Begin(FdHandle socket)
    {
        if (_stopped || _running.Count >= MaxSessions)
        {
            LogTooMany(host.Log, MaxSessions);
            socket.Dispose();
            return;
        }

        var session = new Session(host, socket);
        var run = RunAsync(session);
        if (!run.IsCompleted)
        {
            _running.Add(session, run);
        }
    }

    /// <summary>Ends all sessions; their terminals are hung up.</summary>
    public Task StopAsync()
    {
        _stopped = true;
        foreach (var session in _running.Keys)
        {
            session.Stop();
        }

        return Task.WhenAll(_running.Values);
    }

    /// <summary>A defect in one session must not end the others.</summary>
    private async Task RunAsync(Session session)
    {
        try
        {
            await session.RunAsync();
        }
        catch (Exception failure)
        {
            LogFailed(host.Log, failure);
        }
        finally
        {
            _running.Remove(session);
            session.Dispose();
        }
    }

    [LoggerMessage(EventId = 1501, Level = LogLevel.Warning, Message = "connection closed: {Limit} sessions are the most")]
    private static partial void LogTooMany(ILogger log, int limit);

    [LoggerMessage(EventId = 1502, Level = LogLevel.Error, Message = "a session has failed")]
    private static partial void LogFailed(ILogger log, Exception failure);
}
