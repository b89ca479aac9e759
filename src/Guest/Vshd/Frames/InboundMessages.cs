using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;
using Signal = VmTools.Linux.ProcessControl.Signal;

namespace VmTools.Guest.Vshd.Frames;

/// <summary>Reads the messages of vsh.proto that the host sends.</summary>
internal static class InboundMessages
{
    /// <summary>The first message of a connection; false where it cannot be read.</summary>
    public static bool TryReadSetup(ReadOnlySpan<byte> message, [NotNullWhen(true)] out SessionSpec? spec)
    {
        SetupConnectionRequest request;
        try
        {
            request = SetupConnectionRequest.Parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException)
        {
            spec = null;
            return false;
        }

        spec = new SessionSpec
        {
            Target = request.Target,
            User = request.User,
            Arguments = request.Argv,
            Environment = request.Env.ToDictionary(StringComparer.Ordinal),
            WorkingDirectory = request.Cwd,
            BesideProcess = request.CwdPid,
            HasTerminal = !request.Nopty,
            WindowRows = request.WindowRows,
            WindowColumns = request.WindowCols,
        };
        return true;
    }

    /// <summary>Any message after the first. Its bytes live as long as those of <paramref name="message"/>.</summary>
    public static InboundMessage Read(ReadOnlySpan<byte> message)
    {
        // Nearly every message is data of the usual form; the generated parser would allocate for each.
        if (VshData.TryRead(message, out var stream, out var bytes))
        {
            return Data(stream, bytes);
        }

        GuestMessage parsed;
        try
        {
            parsed = GuestMessage.Parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException)
        {
            return new InboundMessage { Kind = InboundKind.Malformed };
        }

        return parsed.MsgCase switch
        {
            GuestMessage.MsgOneofCase.DataMessage => Data(parsed.DataMessage.Stream, parsed.DataMessage.Data.Span),
            GuestMessage.MsgOneofCase.ResizeMessage => new InboundMessage
            {
                Kind = InboundKind.Resize,
                Rows = parsed.ResizeMessage.Rows,
                Columns = parsed.ResizeMessage.Cols,
            },
            GuestMessage.MsgOneofCase.Signal => new InboundMessage { Kind = InboundKind.Signal, Signal = (Signal)(int)parsed.Signal },
            GuestMessage.MsgOneofCase.StatusMessage => new InboundMessage
            {
                Kind = parsed.StatusMessage.Status == ConnectionStatus.Ready ? InboundKind.Ignored : InboundKind.End,
            },
            _ => new InboundMessage { Kind = InboundKind.Unknown },
        };
    }

    /// <summary>The host has one stream for the program, its standard input; data of another means nothing.</summary>
    private static InboundMessage Data(StdioStream stream, ReadOnlySpan<byte> bytes) => stream == StdioStream.StdinStream
        ? new InboundMessage { Kind = InboundKind.Input, Bytes = bytes }
        : new InboundMessage { Kind = InboundKind.Ignored };
}

/// <summary>One message of the host while the program runs.</summary>
internal readonly ref struct InboundMessage
{
    public required InboundKind Kind { get; init; }

    /// <summary>Standard input for the program; none are its end.</summary>
    public ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>The new height of the terminal.</summary>
    public int Rows { get; init; }

    /// <summary>The new width of the terminal.</summary>
    public int Columns { get; init; }

    /// <summary>The signal for the program; any number at all.</summary>
    public Signal Signal { get; init; }
}

/// <summary>What a message of the host asks for.</summary>
internal enum InboundKind
{
    Input,
    Resize,
    Signal,

    /// <summary>The host is done with the session.</summary>
    End,

    /// <summary>The message asks for nothing.</summary>
    Ignored,

    /// <summary>The message is of a kind that this vshd does not know.</summary>
    Unknown,

    /// <summary>The bytes are no message.</summary>
    Malformed,
}
