using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Protocol.Messages.Vsh;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>
/// One connection from the host, from its first byte to its last: set-up, the program, its exit code. All of it runs on the
/// loop's thread. Steps: 1 the request; 2 the user and the streams; 3 the program; 4 the data; 5 the exit code; 6 the close.
/// </summary>
internal sealed partial class Session : IDisposable
{
    private readonly SessionHost _host;
    private readonly HostConnection _connection;
    private bool _stopping;

    /// <summary>Takes over the connection, which must be non-blocking. Loop thread only.</summary>
    public Session(SessionHost host, FdHandle socket)
    {
        _host = host;
        _connection = new HostConnection(host.Loop, socket);
    }

    /// <summary>Ends the session at its next turn; its terminal is hung up. Loop thread only.</summary>
    public void Stop()
    {
        _stopping = true;
        _connection.Wake.Raise();
    }

    public async Task RunAsync()
    {
        // 1
        if (await ReadRequestAsync() is not { } request)
        {
            return;
        }

        // 2
        if (SetupRequest.ProblemOf(request) is { } problem)
        {
            await RefuseAsync(problem);
            return;
        }

        if (!SessionUser.TryChoose(_host.Policy, request.Target, request.User, out var user, out var refusal)
            || !TryOpenStdio(request, out var stdio, out refusal))
        {
            await RefuseAsync(refusal);
            return;
        }

        using (stdio)
        {
            await RunProgramAsync(request, user, stdio);
        }
    }

    /// <summary>Reads what the host asks for, so that the answer is not lost with the connection, and refuses it.</summary>
    public async Task RefuseRequestAsync(string why)
    {
        if (await ReadRequestAsync() is not null)
        {
            await RefuseAsync(why);
        }
    }

    /// <summary>Tells the host why there is no session, and ends.</summary>
    public async Task RefuseAsync(string why)
    {
        LogRefused(why);
        await SendAsync(new SetupConnectionResponse { Status = ConnectionStatus.Failed, Description = why });
        await CloseAsync();
    }

    public void Dispose() => _connection.Dispose();

    private async Task<SetupConnectionRequest?> ReadRequestAsync()
    {
        SetupConnectionRequest? request = null;
        var inTime = await _connection.UntilAsync(
            () =>
            {
                do
                {
                    if (TryTakeRequest(ref request) || _stopping || _connection.IsLost || _connection.Inbound.IsAtEnd)
                    {
                        return true;
                    }
                }
                while (_connection.Inbound.Fill(_connection.Socket));

                return false;
            },
            _host.Policy.SetupLimit);
        if (request is null && !(_connection.Inbound is { IsAtEnd: true, IsMalformed: false }))
        {
            // An end without a byte is the host's question whether the VM answers.
            LogNoRequest(inTime ? "the connection ended or broke the protocol" : "the time for it is over");
        }

        return request;
    }

    private bool TryTakeRequest(ref SetupConnectionRequest? request)
    {
        if (!_connection.Inbound.TryPeek(out var frame))
        {
            return false;
        }

        try
        {
            request = SetupConnectionRequest.Parser.ParseFrom(frame);
        }
        catch (InvalidProtocolBufferException)
        {
            // Told by the null that stays.
        }

        _connection.Inbound.Consume(frame.Length);
        return true;
    }

    private bool TryOpenStdio(SetupConnectionRequest request, out ISessionStdio stdio, out string refusal)
    {
        refusal = "";
        try
        {
            stdio = request.Nopty
                ? new PipeStdio(_host.Loop, _connection.Wake)
                : new TerminalStdio(_host.Loop, _connection.Wake);
            return true;
        }
        catch (LinuxException failure)
        {
            stdio = null!;
            refusal = $"could not allocate {(request.Nopty ? "pipes" : "pty")}: {failure.Message}";
            return false;
        }
    }

    private async Task RunProgramAsync(SetupConnectionRequest request, UserEntry user, ISessionStdio stdio)
    {
        // 3
        stdio.Resize(request.WindowRows, request.WindowCols);
        var child = ProgramStart.TrySpawn(_host, request, user, stdio, out var failure);
        stdio.Attached();
        _connection.Outbound.Add(
            new SetupConnectionResponse { Status = ConnectionStatus.Ready, Description = "vsh ready", Pid = child?.Pid ?? 0 });
        if (child is null)
        {
            await ReportNotExecutedAsync(request, failure);
            return;
        }

        // 4
        var program = new RunningProgram(child, _host.Loop, _connection.Wake);
        using var traffic = new SessionTraffic(_host, _connection, stdio, program);
        if (await traffic.RunAsync(() => _stopping))
        {
            // 5, 6
            await ReportExitAsync(program.ExitCode);
        }
    }

    /// <summary>What a shell would say and answer; any client shows it and passes the code on.</summary>
    private async Task ReportNotExecutedAsync(SetupConnectionRequest request, Errno failure)
    {
        var name = request.Argv.Count > 0 ? request.Argv[0] : "the login shell";
        var reason = new LinuxException(failure, "it could not be executed").Message;
        var line = Encoding.UTF8.GetBytes($"vshd: {name[..Math.Min(name.Length, 200)]}: {reason}{(request.Nopty ? "\n" : "\r\n")}");
        _connection.Outbound.AddData(StdioStream.StderrStream, line);
        await ReportExitAsync(ProgramStart.ExitCodeOf(failure));
    }

    private async Task ReportExitAsync(int code)
    {
        var exited = new ConnectionStatusMessage
        {
            Status = ConnectionStatus.Exited,
            Description = "target process has exited",
            Code = code,
        };
        await SendAsync(new HostMessage { StatusMessage = exited });
        await CloseAsync();
    }

    private Task<bool> SendAsync(IMessage message) => _connection.SendAsync(message, _host.Policy.SetupLimit);

    /// <summary>
    /// The host closes once it has read the last message. Closing first, with input of its own unread here, would reset the
    /// connection and could take the exit code with it.
    /// </summary>
    private async Task CloseAsync()
    {
        UnixSocket.Shutdown(_connection.Socket.Handle, System.Net.Sockets.SocketShutdown.Send);
        await _connection.UntilAsync(
            () =>
            {
                var buffer = _host.ReadBuffer;
                while (_connection.Socket.CanRead && _connection.Socket.TryRead(buffer, out var count, out var error))
                {
                    if (count == 0 || error != Errno.None)
                    {
                        return true;
                    }
                }

                return _connection.IsLost || _stopping;
            },
            _host.Policy.LingerLimit);
    }

    private void LogRefused(string why) => LogRefused(_host.Log, why);

    private void LogNoRequest(string why) => LogNoRequest(_host.Log, why);

    [LoggerMessage(EventId = 1601, Level = LogLevel.Warning, Message = "no session: {Why}")]
    private static partial void LogRefused(ILogger log, string why);

    [LoggerMessage(EventId = 1602, Level = LogLevel.Warning, Message = "no session was asked for: {Why}")]
    private static partial void LogNoRequest(ILogger log, string why);
}
