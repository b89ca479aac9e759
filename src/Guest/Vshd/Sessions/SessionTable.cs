using Microsoft.Extensions.Logging;
using VmTools.Linux;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>The sessions that run, up to a limit. Loop thread only.</summary>
internal sealed partial class SessionTable(SessionHost host)
{
    public const int MaxSessions = 64;

    /// <summary>Connections beyond the limit that are just being told so; further ones are closed without a word.</summary>
    public const int MaxRefusals = 64;

    private readonly Dictionary<Session, Task> _running = [];
    private readonly Dictionary<Session, Task> _refused = [];
    private bool _stopped;

    private string TooMany =>
        $"{MaxSessions} sessions run in this {host.Policy.Place} already, which are the most; end one, or try again later";

    public int Count => _running.Count;

    /// <summary>Begins a session on a connection, or tells the host that there are too many.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="read">What was read from it before.</param>
    public void Begin(FdHandle socket, ReadOnlyMemory<byte> read = default)
    {
        if (_running.Count < MaxSessions && !_stopped)
        {
            Add(_running, new Session(host, socket, read), static session => session.RunAsync());
            return;
        }

        LogTooMany(host.Log, MaxSessions);
        if (_refused.Count < MaxRefusals && !_stopped)
        {
            Add(_refused, new Session(host, socket, read), session => session.RefuseRequestAsync(TooMany));
            return;
        }

        socket.Dispose();
    }

    /// <summary>Ends all sessions; their terminals are hung up.</summary>
    public Task StopAsync()
    {
        _stopped = true;
        foreach (var session in _running.Keys.Concat(_refused.Keys))
        {
            session.Stop();
        }

        return Task.WhenAll(_running.Values.Concat(_refused.Values));
    }

    private void Add(Dictionary<Session, Task> to, Session session, Func<Session, Task> work)
    {
        var run = RunAsync(to, session, work);
        if (!run.IsCompleted)
        {
            to.Add(session, run);
        }
    }

    /// <summary>A defect in one session must not end the others.</summary>
    private async Task RunAsync(Dictionary<Session, Task> of, Session session, Func<Session, Task> work)
    {
        try
        {
            await work(session);
        }
        catch (Exception failure)
        {
            LogFailed(host.Log, failure);
        }
        finally
        {
            of.Remove(session);
            session.Dispose();
        }
    }

    [LoggerMessage(1501, LogLevel.Warning, "connection closed: {Limit} sessions are the most")]
    private static partial void LogTooMany(ILogger log, int limit);

    [LoggerMessage(1502, LogLevel.Error, "a session has failed")]
    private static partial void LogFailed(ILogger log, Exception failure);
}
