using Microsoft.Extensions.Logging;
using VmTools.Guest.Vshd.Frames;
using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>
/// The data phase: input, window sizes and signals to the program, its output to the host, until the program has ended and
/// what it wrote has been sent, or the host has gone. Each turn moves at most one batch in each direction.
/// </summary>
internal sealed partial class SessionTraffic : IDisposable
{
    private readonly SessionHost _host;
    private readonly HostConnection _connection;
    private readonly ISessionStdio _stdio;
    private readonly RunningProgram _program;
    private readonly InputQueue _input = new();
    private readonly LoopDeadline _quiet;
    private int _drained;
    private bool _isDraining;
    private bool _hostIsDone;

    public SessionTraffic(SessionHost host, HostConnection connection, ISessionStdio stdio, RunningProgram program)
    {
        (_host, _connection, _stdio, _program) = (host, connection, stdio, program);
        _quiet = new LoopDeadline(host.Loop, Timeout.InfiniteTimeSpan, connection.Wake);
    }

    /// <summary>True when the program has ended and all its output is sent; false when the host has gone.</summary>
    public async Task<bool> RunAsync(Func<bool> isStopping)
    {
        while (!_hostIsDone && !_connection.IsLost && !isStopping())
        {
            var moved = TakeFromHost() | GiveToProgram() | TakeFromProgram() | _connection.Outbound.Flush(_connection.Socket);
            if (IsFinished(moved))
            {
                return true;
            }

            if (moved)
            {
                // Others get their turn between two batches.
                _connection.Wake.Raise();
            }

            await _connection.Wake;
        }

        HangUpIfInputIsCut();
        return false;
    }

    public void Dispose()
    {
        _quiet.Dispose();
        _input.Dispose();
    }

    private bool TakeFromHost()
    {
        var moved = _connection.Inbound.Fill(_connection.Socket);
        while (!_hostIsDone && _connection.Inbound.TryPeek(out var frame))
        {
            if (!_input.HasRoomFor(frame.Length))
            {
                return moved;
            }

            Take(frame);
            _connection.Inbound.Consume(frame.Length);
            moved = true;
        }

        _hostIsDone |= _connection.Inbound.IsAtEnd;
        return moved;
    }

    private void Take(ReadOnlySpan<byte> frame)
    {
        var message = InboundMessages.Read(frame);
        switch (message.Kind)
        {
            case InboundKind.Input:
                TakeInput(message.Bytes);
                break;
            case InboundKind.Resize:
                _stdio.Resize(message.Rows, message.Columns);
                break;
            case InboundKind.Signal:
                _program.Send(message.Signal, _stdio);
                break;
            case InboundKind.End:
                _hostIsDone = true;
                break;
            case InboundKind.Malformed:
                LogMalformed();
                _hostIsDone = true;
                break;
            case InboundKind.Unknown:
                LogUnknown();
                break;
            case InboundKind.Ignored:
            default:
                break;
        }
    }

    private void TakeInput(ReadOnlySpan<byte> bytes)
    {
        if (_stdio.Input is null)
        {
            return;
        }

        if (bytes.IsEmpty)
        {
            _stdio.EndInput(_input);
        }
        else
        {
            _input.Add(bytes);
        }
    }

    private bool GiveToProgram()
    {
        if (_stdio.Input is not { } input)
        {
            return false;
        }

        var moved = _input.Flush(input, out var error);
        if (error != Errno.None || _input.IsFinished)
        {
            _input.Clear();
            _stdio.CloseInput();
        }

        return moved;
    }

    private bool TakeFromProgram()
    {
        var moved = false;
        foreach (var output in _stdio.Outputs)
        {
            moved |= TakeFrom(output);
        }

        return moved;
    }

    private bool TakeFrom(SessionOutput output)
    {
        if (!output.IsOpen || !_connection.Outbound.HasRoomForBatch || !output.Source.CanRead)
        {
            return false;
        }

        var buffer = _host.ReadBuffer;
        if (!output.Source.TryRead(buffer, out var count, out var error))
        {
            return false;
        }

        if (count == 0 || error != Errno.None)
        {
            End(output);
            return true;
        }

        _drained += _isDraining ? count : 0;
        _connection.Outbound.AddData(output.Stream, buffer.AsSpan(0, count));
        return true;
    }

    /// <summary>
    /// The host has gone before it told the end of the input. The end of a pipe would say that all has come, so the program gets
    /// what those of a terminal get from the kernel; one that ignores it wants to go on alone.
    /// </summary>
    private void HangUpIfInputIsCut()
    {
        if (_stdio is PipeStdio { Input: not null } && !_input.IsFinished)
        {
            _program.Send(Signal.Hup, _stdio);
        }
    }

    /// <summary>A terminal has no end that could be told apart from the program's.</summary>
    private void End(SessionOutput output)
    {
        output.Close();
        if (_stdio is PipeStdio)
        {
            _connection.Outbound.AddData(output.Stream, default);
        }
    }

    /// <summary>
    /// After the program's end its streams are read to their own end; but a process left behind may hold them for ever, so
    /// silence or a great deal of output ends the session too.
    /// </summary>
    private bool IsFinished(bool moved)
    {
        if (!_program.HasEnded || !_connection.Outbound.IsEmpty)
        {
            return false;
        }

        if (_stdio.Outputs.All(output => !output.IsOpen) || _drained > _host.Policy.DrainBytes)
        {
            return true;
        }

        if (moved || !_isDraining)
        {
            _isDraining = true;
            _quiet.Restart(_host.Policy.DrainQuiet);
            return false;
        }

        return _quiet.HasPassed;
    }

    private void LogMalformed() => LogMalformed(_host.Log);

    private void LogUnknown() => LogUnknown(_host.Log);

    [LoggerMessage(1531, LogLevel.Warning, "a message from the host could not be read; the session ends")]
    private static partial void LogMalformed(ILogger log);

    [LoggerMessage(1532, LogLevel.Warning, "a message from the host of a kind unknown here was ignored")]
    private static partial void LogUnknown(ILogger log);
}
