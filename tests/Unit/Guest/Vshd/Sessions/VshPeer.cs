using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Vshd.Loop;
using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Protocol.Messages.Vsh;
using Signal = VmTools.Protocol.Messages.Vsh.Signal;

namespace VmTools.Unit.Guest.Vshd.Sessions;

/// <summary>The host's end of one session: a real session in a real loop at the other end of a socket pair.</summary>
internal sealed class VshPeer : IAsyncDisposable
{
    private readonly FdLoop _loop = new("vshd test", TimeProvider.System);
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly NetworkStream _stream;
    private readonly Socket _socket;
    private Session? _session;

    public VshPeer(SessionPolicy? policy = null)
    {
        var (ours, theirs) = UnixSocket.Pair();
        Fd.SetNonBlocking(ours, true);
        Fd.SetNonBlocking(theirs, true);
        _socket = AsyncSocket.Own(ours);
        _stream = new NetworkStream(_socket);
        var host = new SessionHost(_loop, policy ?? new SessionPolicy(), _reaper, NullLogger.Instance);
        Ended = _loop.RunAsync(async () =>
        {
            using var session = _session = new Session(host, theirs);
            await session.RunAsync();
        });
    }

    /// <summary>Complete when the session is over.</summary>
    public Task Ended { get; }

    /// <summary>A request for a shell command without a terminal, as the user who runs the tests.</summary>
    public static SetupConnectionRequest Shell(string script, bool terminal = false) => new()
    {
        Argv = { "/bin/sh", "-c", script },
        Nopty = !terminal,
        WindowRows = terminal ? 24 : 0,
        WindowCols = terminal ? 80 : 0,
    };

    public async Task SendAsync(IMessage message)
    {
        var payload = message.ToByteArray();
        var frame = new byte[4 + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        payload.CopyTo(frame, 4);
        await SendRawAsync(frame);
    }

    public Task SendRawAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).AsTask();

    public Task SendInputAsync(string text) => SendInputAsync(Encoding.UTF8.GetBytes(text));

    public Task SendInputAsync(ReadOnlyMemory<byte> bytes) => SendAsync(new GuestMessage
    {
        DataMessage = new DataMessage { Stream = StdioStream.StdinStream, Data = ByteString.CopyFrom(bytes.Span) },
    });

    public Task SendSignalAsync(Signal signal) => SendAsync(new GuestMessage { Signal = signal });

    /// <summary>Sends the request and expects the session to be ready.</summary>
    public async Task<SetupConnectionResponse> BeginAsync(SetupConnectionRequest request)
    {
        await SendAsync(request);
        var response = SetupConnectionResponse.Parser.ParseFrom(await ReadFrameAsync());
        Xunit.Assert.True(response.Status == ConnectionStatus.Ready, response.Description);
        return response;
    }

    public async Task<byte[]> ReadFrameAsync() => await TryReadFrameAsync() ?? throw new EndOfStreamException();

    /// <summary>Null at the end of the stream.</summary>
    public async Task<byte[]?> TryReadFrameAsync()
    {
        var length = new byte[4];
        if (await _stream.ReadAtLeastAsync(length, 4, throwOnEndOfStream: false) < 4)
        {
            return null;
        }

        var payload = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
        Xunit.Assert.InRange(payload.Length, 0, 4096);
        await _stream.ReadExactlyAsync(payload);
        return payload;
    }

    public async Task<HostMessage> ReadAsync() => HostMessage.Parser.ParseFrom(await ReadFrameAsync());

    /// <summary>Reads output until it contains <paramref name="text"/>.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        var output = new StringBuilder();
        while (!output.ToString().Contains(text, StringComparison.Ordinal))
        {
            var message = await ReadAsync();
            Xunit.Assert.True(message.DataMessage is not null, $"the session ended after: {output}");
            output.Append(message.DataMessage!.Data.ToStringUtf8());
        }

        return output.ToString();
    }

    /// <summary>Reads to the exit code.</summary>
    public async Task<SessionResult> ReadToEndAsync()
    {
        var output = new MemoryStream();
        var error = new MemoryStream();
        while (await ReadAsync() is var message)
        {
            if (message.StatusMessage is { } status)
            {
                Xunit.Assert.Equal(ConnectionStatus.Exited, status.Status);
                return new SessionResult(output.ToArray(), error.ToArray(), status.Code);
            }

            Xunit.Assert.InRange(message.DataMessage.Data.Length, 0, 4000);
            message.DataMessage.Data.WriteTo(message.DataMessage.Stream == StdioStream.StderrStream ? error : output);
        }

        throw new EndOfStreamException();
    }

    /// <summary>Begins a session and reads all of it.</summary>
    public async Task<SessionResult> RunAsync(SetupConnectionRequest request)
    {
        await BeginAsync(request);
        return await ReadToEndAsync();
    }

    public void Close() => _socket.Dispose();

    public async ValueTask DisposeAsync()
    {
        _stream.Dispose();
        _socket.Dispose();
        _loop.Post(() => _session?.Stop());
        await Ended;
        await _loop.DisposeAsync();
        await _reaper.DisposeAsync();
    }
}
