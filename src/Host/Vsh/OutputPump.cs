using Google.Protobuf;
using VmTools.Host.GuestText;
using VmTools.Linux;
using VmTools.Linux.Terminals;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;

namespace VmTools.Host.Vsh;

/// <summary>
/// Carries the guest's output to our standard streams until it says how the program ended. Data that has arrived together is
/// written together. Nothing is read ahead of a slow reader of ours, so the guest has to wait like a program on a pipe.
/// </summary>
internal sealed class OutputPump(VshConnection connection, VshStdio stdio, VshActivity activity)
{
    private readonly byte[] _pending = new byte[64 * 1024];
    private int _pendingBytes;
    private StdioStream _pendingStream;
    private bool _errorIsLost;

    /// <summary>How the session ended; it always does, sooner or later.</summary>
    public async Task<VshEnding> RunAsync(CancellationToken cancel)
    {
        try
        {
            while (await connection.ReadMessageAsync(cancel) is { } first)
            {
                activity.Received();
                var ending = await TakeAsync(first);
                while (ending is null && connection.TryTakeBuffered(out var next))
                {
                    ending = await TakeAsync(next);
                }

                if ((await FlushAsync() ?? ending) is { } over)
                {
                    return over;
                }
            }

            return VshEnding.Lost("the VM or its shell server has gone.");
        }
        catch (InvalidProtocolBufferException)
        {
            return VshEnding.Lost("a malformed message arrived.");
        }
        catch (Exception lost) when (lost is IOException or InvalidDataException)
        {
            return VshEnding.Lost(lost.Message);
        }
    }

    /// <summary>One message; null while the session goes on.</summary>
    private async ValueTask<VshEnding?> TakeAsync(ReadOnlyMemory<byte> message)
    {
        if (VshData.TryRead(message.Span, out var stream, out var data))
        {
            return await TakeDataAsync(stream, message[^data.Length..]);
        }

        var parsed = HostMessage.Parser.ParseFrom(message.Span);
        return parsed.MsgCase switch
        {
            HostMessage.MsgOneofCase.DataMessage => await TakeDataAsync(parsed.DataMessage.Stream, parsed.DataMessage.Data.Memory),
            HostMessage.MsgOneofCase.StatusMessage => TakeStatus(parsed.StatusMessage),
            // Something newer than we are; nothing that ends the session.
            _ => null,
        };
    }

    private async ValueTask<VshEnding?> TakeDataAsync(StdioStream stream, ReadOnlyMemory<byte> data)
    {
        if (data.IsEmpty || stream is not (StdioStream.StdoutStream or StdioStream.StderrStream))
        {
            // The end of one stream, or one that does not exist. Our own end of it closes with the program.
            return null;
        }

        if ((stream != _pendingStream || _pendingBytes + data.Length > _pending.Length) && await FlushAsync() is { } over)
        {
            return over;
        }

        _pendingStream = stream;
        data.CopyTo(_pending.AsMemory(_pendingBytes));
        _pendingBytes += data.Length;
        return null;
    }

    private static VshEnding? TakeStatus(ConnectionStatusMessage status) => status.Status switch
    {
        ConnectionStatus.Ready => null,
        ConnectionStatus.Exited => VshEnding.Exited(status.Code),
        _ => VshEnding.Lost($"the guest ended the session: {SafeText.ForSentence(status.Description, VshEnding.MostDescription)}"),
    };

    /// <summary>
    /// The end of a session whose output goes nowhere; null while it goes on. Errors that cannot be written end nothing: the code is the
    /// program's.
    /// </summary>
    private async ValueTask<VshEnding?> FlushAsync()
    {
        var bytes = _pending.AsMemory(0, _pendingBytes);
        _pendingBytes = 0;
        if (_pendingStream == StdioStream.StderrStream)
        {
            _errorIsLost = _errorIsLost || await StandardFds.WriteAllAsync(stdio.Error, bytes, CancellationToken.None) != Errno.None;
            return null;
        }

        return await StandardFds.WriteAllAsync(stdio.Output, bytes, CancellationToken.None) switch
        {
            Errno.None => null,
            Errno.EPIPE => VshEnding.OutputClosed,
            Errno.EIO when stdio.IsInteractive => VshEnding.TerminalClosed,
            var failure => VshEnding.OutputFailed(failure),
        };
    }
}
