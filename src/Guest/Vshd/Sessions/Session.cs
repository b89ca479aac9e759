using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Guest.Vshd.Frames;
using VmTools.Guest.Vshd.HandOver;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Sockets;
using VmTools.Protocol.Vsh;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>
/// One connection from the host, from its first byte to its last: set-up, the program, its exit code. All of it runs on the
/// loop's thread. Steps: 1 the request; 2 a container's shell server, or the user and the streams here; 3 the program; 4 the data; 5 the
/// exit code; 6 the close.
/// </summary>
internal sealed partial class Session : IDisposable
{
    private readonly SessionHost _host;
    private readonly HostConnection _connection;
    private bool _stopping;

    /// <summary>Takes over the connection, which must be non-blocking. Loop thread only.</summary>
    /// <param name="host">What all sessions share.</param>
    /// <param name="socket">The connection.</param>
    /// <param name="read">What was read from it before.</param>
    public Session(SessionHost host, FdHandle socket, ReadOnlyMemory<byte> read = default)
    {
        _host = host;
        _connection = new HostConnection(host.Loop, socket, read.Span);
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
        if (await ReadRequestAsync() is not { } spec)
        {
            return;
        }

        // 2
        if (spec.Problem() is { } problem)
        {
            await RefuseAsync(problem);
            return;
        }

        if (ContainersFor(spec) is { } containers)
        {
            await HandOverAsync(containers, spec.Target);
            return;
        }

        if (!SessionUser.TryChoose(_host.Policy, spec.Target, spec.User, out var user, out var refusal)
            || !TryOpenStdio(spec, out var stdio, out refusal))
        {
            await RefuseAsync(refusal);
            return;
        }

        using (stdio)
        {
            await RunProgramAsync(spec, user, stdio);
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
        _connection.Outbound.AddRefusal(why);
        await FlushAsync();
        await CloseAsync();
    }

    public void Dispose() => _connection.Dispose();

    private async Task<SessionSpec?> ReadRequestAsync()
    {
        SessionSpec? spec = null;
        var inTime = await _connection.UntilAsync(
            () =>
            {
                do
                {
                    if (TryTakeRequest(ref spec) || _stopping || _connection.IsLost || _connection.Inbound.IsAtEnd)
                    {
                        return true;
                    }
                }
                while (_connection.Inbound.Fill(_connection.Socket, HandOverMessage.MaxBytes));

                return false;
            },
            _host.Policy.SetupLimit);
        if (spec is null && !(_connection.Inbound is { IsAtEnd: true, IsMalformed: false }))
        {
            // An end without a byte is the host's question whether the VM answers.
            LogNoRequest(inTime ? "the connection ended or broke the protocol" : "the time for it is over");
        }

        return spec;
    }

    private bool TryTakeRequest(ref SessionSpec? spec)
    {
        if (!_connection.Inbound.TryPeek(out var frame))
        {
            return false;
        }

        // What cannot be read leaves the null that tells of it.
        if (!InboundMessages.TryReadSetup(frame, out spec) || ContainersFor(spec) is null)
        {
            _connection.Inbound.Consume(frame.Length);
        }

        return true;
    }

    /// <summary>Where the session goes to, if it is for a container; such a request stays unread, as it goes there whole.</summary>
    private ContainerSockets? ContainersFor(SessionSpec spec) => spec.Target is "" or VshTarget.Vm ? null : _host.Policy.Containers;

    /// <summary>The container's shell server has the connection from then on: we close our descriptor and say nothing.</summary>
    private async Task HandOverAsync(ContainerSockets containers, string container)
    {
        var read = _connection.Inbound.Unread.ToArray();
        if (await containers.PassAsync(_host.Loop, container, read, _connection.Socket.Handle) is { } refusal)
        {
            await RefuseAsync(refusal);
        }
    }

    private bool TryOpenStdio(SessionSpec spec, out ISessionStdio stdio, out string refusal)
    {
        refusal = "";
        try
        {
            stdio = spec.HasTerminal
                ? new TerminalStdio(_host.Loop, _connection.Wake)
                : new PipeStdio(_host.Loop, _connection.Wake);
            return true;
        }
        catch (LinuxException failure)
        {
            stdio = null!;
            refusal = $"could not allocate {(spec.HasTerminal ? "pty" : "pipes")}: {failure.Message}";
            return false;
        }
    }

    private async Task RunProgramAsync(SessionSpec spec, UserEntry user, ISessionStdio stdio)
    {
        // 3
        stdio.Resize(spec.WindowRows, spec.WindowColumns);
        var child = ProgramStart.TrySpawn(_host, spec, user, stdio, out var failure);
        stdio.Attached();
        _connection.Outbound.AddReady(child?.Pid ?? 0);
        if (child is null)
        {
            await ReportNotExecutedAsync(spec, failure);
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
    private async Task ReportNotExecutedAsync(SessionSpec spec, Errno failure)
    {
        var name = spec.Arguments.Count > 0 ? spec.Arguments[0] : "the login shell";
        var reason = new LinuxException(failure, "it could not be executed").Message;
        var line = Encoding.UTF8.GetBytes($"vshd: {name[..Math.Min(name.Length, 200)]}: {reason}{(spec.HasTerminal ? "\r\n" : "\n")}");
        _connection.Outbound.AddData(OutputStream.Error, line);
        await ReportExitAsync(ProgramStart.ExitCodeOf(failure));
    }

    private async Task ReportExitAsync(int code)
    {
        _connection.Outbound.AddExit(code);
        await FlushAsync();
        await CloseAsync();
    }

    private Task<bool> FlushAsync() => _connection.FlushAsync(_host.Policy.SetupLimit);

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

    [LoggerMessage(1521, LogLevel.Warning, "no session: {Why}")]
    private static partial void LogRefused(ILogger log, string why);

    [LoggerMessage(1522, LogLevel.Warning, "no session was asked for: {Why}")]
    private static partial void LogNoRequest(ILogger log, string why);
}
