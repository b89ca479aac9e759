using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vmm.Qmp;

/// <summary>
/// A conversation with one QEMU over its monitor socket (QEMU Machine Protocol): a greeting, the end of the negotiation, then
/// commands, each answered in turn; events may come between. QEMU serves one client at a time, so conversations are short.
/// One caller at a time; the caller's token is the deadline.
/// </summary>
internal sealed class QmpClient : IAsyncDisposable
{
    /// <summary>The greeting and the answers to our commands are far shorter.</summary>
    public const int MaxLineBytes = 64 * 1024;

    private const int MaxEvents = 256;

    private readonly Queue<QmpMessage> _events = [];
    private readonly byte[] _buffer = new byte[MaxLineBytes];
    private readonly Stream _stream;
    private int _start;
    private int _end;

    private QmpClient(Stream stream) => _stream = stream;

    /// <summary>Connects and comes to the point where commands are taken.</summary>
    public static async Task<QmpClient> ConnectAsync(string path, CancellationToken cancel)
    {
        var outcome = UnixSocket.TryConnect(path, out var socket);
        if (outcome != Errno.None)
        {
            throw new VmToolsException(ErrorKind.Unavailable, $"QEMU does not answer on '{path}' ({outcome}).");
        }

        return await StartAsync(new NetworkStream(AsyncSocket.Own(socket!), ownsSocket: true), cancel);
    }

    internal static async Task<QmpClient> StartAsync(Stream stream, CancellationToken cancel)
    {
        var client = new QmpClient(stream);
        try
        {
            if ((await client.ReadAsync(cancel)).Kind != QmpMessageKind.Greeting)
            {
                throw Broken("began without a greeting");
            }

            await client.ExecuteAsync("qmp_capabilities", cancel);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the command returned; a refusal is FailedPrecondition with QEMU's sentence.</summary>
    public async Task<JsonElement> ExecuteAsync(string command, CancellationToken cancel)
    {
        await WriteAsync(Encoding.UTF8.GetBytes($"{{\"execute\":\"{command}\"}}\n"), cancel);
        while (true)
        {
            var message = await ReadAsync(cancel);
            switch (message.Kind)
            {
                case QmpMessageKind.Return:
                    return message.Body;
                case QmpMessageKind.Error:
                    throw new VmToolsException(
                        ErrorKind.FailedPrecondition, $"QEMU refused the command '{command}': {message.Text}");
                case QmpMessageKind.Event:
                    Remember(message);
                    break;
                case QmpMessageKind.Greeting:
                    throw Broken("greeted twice");
                default:
                    throw new InvalidOperationException($"There is no QMP message of the kind {message.Kind}.");
            }
        }
    }

    /// <summary>The next event, such as SHUTDOWN, RESET or GUEST_PANICKED.</summary>
    public async Task<QmpMessage> NextEventAsync(CancellationToken cancel)
    {
        while (true)
        {
            if (_events.TryDequeue(out var waiting))
            {
                return waiting;
            }

            var message = await ReadAsync(cancel);
            if (message.Kind != QmpMessageKind.Event)
            {
                throw Broken("answered what was not asked");
            }

            Remember(message);
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <summary>The oldest goes when there are too many: a guest can cause events without end.</summary>
    private void Remember(QmpMessage message)
    {
        if (_events.Count == MaxEvents)
        {
            _events.Dequeue();
        }

        _events.Enqueue(message);
    }

    private async Task<QmpMessage> ReadAsync(CancellationToken cancel)
    {
        var line = await ReadLineAsync(cancel);
        return QmpMessage.TryParse(line, out var message) ? message : throw Broken("sent a line that is not QMP");
    }

    /// <summary>The bytes up to the next line feed; they are valid until the next call.</summary>
    private async Task<ReadOnlyMemory<byte>> ReadLineAsync(CancellationToken cancel)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_start.._end).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = _buffer.AsMemory(_start, length);
                _start += length + 1;
                return line;
            }

            MakeRoom();
            var count = await ReadSomeAsync(cancel);
            if (count == 0)
            {
                throw Gone(null);
            }

            _end += count;
        }
    }

    private async Task<int> ReadSomeAsync(CancellationToken cancel)
    {
        try
        {
            return await _stream.ReadAsync(_buffer.AsMemory(_end), cancel);
        }
        catch (IOException reset)
        {
            throw Gone(reset);
        }
    }

    private async Task WriteAsync(byte[] line, CancellationToken cancel)
    {
        try
        {
            await _stream.WriteAsync(line, cancel);
        }
        catch (IOException reset)
        {
            throw Gone(reset);
        }
    }

    private void MakeRoom()
    {
        _buffer.AsSpan(_start.._end).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            throw Broken($"sent a line of more than {MaxLineBytes} bytes");
        }
    }

    private static VmToolsException Gone(IOException? cause) =>
        new(ErrorKind.Unavailable, "QEMU closed its control connection.", cause);

    private static VmToolsException Broken(string what) =>
        new(ErrorKind.Internal, $"QEMU {what} on its control connection.");
}
