using Google.Protobuf;
using VmTools.Host.Vsh;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Sockets;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;
using VmTools.Protocol.Vsock;

namespace VmTools.Unit.Host.Vsh;

/// <summary>A vsh session between pipes in the place of the standard streams and a test in the place of the guest.</summary>
internal sealed class VshdPeer : IAsyncDisposable
{
    private readonly VsockStream _stream;

    /// <summary>Streams that are given take the places of the pipes.</summary>
    public VshdPeer(
        FdHandle? input = null, FdHandle? output = null, FdHandle? error = null, TimeProvider? clock = null, bool interactive = false)
    {
        var (mine, theirs) = UnixSocket.Pair();
        _stream = new VsockStream(default, AsyncSocket.Own(theirs));
        Guest = new VshConnection(_stream.Stream);
        (InputEnd, var stdin) = (null, input);
        if (stdin is null)
        {
            (stdin, InputEnd) = Pipe.Create();
        }

        (OutputEnd, var stdout) = Pipe.Create();
        (ErrorEnd, var stderr) = Pipe.Create();
        Stdio = new VshStdio(stdin, output ?? stdout, error ?? stderr) { IsInteractive = interactive };
        Session = new VshSession(
            new VshConnection(new VsockStream(default, AsyncSocket.Own(mine)).Stream), Stdio, clock ?? TimeProvider.System);
    }

    public VshConnection Guest { get; }

    public VshStdio Stdio { get; }

    public VshSession Session { get; }

    /// <summary>Where the test writes what vsh reads from its standard input.</summary>
    public FdHandle? InputEnd { get; }

    public FdHandle OutputEnd { get; }

    public FdHandle ErrorEnd { get; }

    public Stream RawGuest => _stream.Stream;

    public Task<VshEnding> RunAsync() => Session.RunAsync(new TaskCompletionSource<VshEnding>().Task);

    public Task SayAsync(StdioStream stream, string text) =>
        Guest.WriteDataAsync(stream, System.Text.Encoding.UTF8.GetBytes(text), CancellationToken.None).AsTask();

    public Task ExitAsync(int code) => SayAsync(new HostMessage
    {
        StatusMessage = new ConnectionStatusMessage { Status = ConnectionStatus.Exited, Code = code },
    });

    public Task SayAsync(IMessage message) => Guest.WriteAsync(message, CancellationToken.None).AsTask();

    public async Task SayAndExitAsync(byte[] output)
    {
        await Guest.WriteDataAsync(StdioStream.StdoutStream, output, CancellationToken.None);
        await ExitAsync(0);
    }

    /// <summary>What vsh wrote, once it has closed its end.</summary>
    public static async Task<string> ReadAllAsync(FdHandle from, FdHandle vshEnd)
    {
        vshEnd.Dispose();
        return System.Text.Encoding.UTF8.GetString(await Task.Run(() => ReadToEnd(from)));
    }

    public static byte[] ReadToEnd(FdHandle from)
    {
        var all = new List<byte>();
        var buffer = new byte[65536];
        while (Fd.TryRead(from, buffer, out var count) == Errno.None && count > 0)
        {
            all.AddRange(buffer.AsSpan(0, count));
        }

        return [.. all];
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await _stream.DisposeAsync();
        InputEnd?.Dispose();
        OutputEnd.Dispose();
        ErrorEnd.Dispose();
        Stdio.Input.Dispose();
        Stdio.Output.Dispose();
        Stdio.Error.Dispose();
    }
}
