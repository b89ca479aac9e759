using System.Net.Sockets;
using VmTools.Host.Vmc.Cli;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Copying;

/// <summary>
/// Two programs and the bytes that go from the one's output to the other's input: tar here and vsh, which runs tar there, or the other way
/// round. What they say on standard error is the user's to read.
/// </summary>
internal sealed class CopyPipeline(VmcContext context, Reaper reaper)
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>vsh ends the program in the VM before it ends itself.</summary>
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(10);

    /// <param name="giver">The program that writes the stream.</param>
    /// <param name="takerFor">The program that reads it, chosen by the first byte where <paramref name="hasKind"/> says that one precedes
    /// the stream.</param>
    /// <param name="hasKind">Whether a byte precedes the stream.</param>
    /// <param name="cancel">Ends both.</param>
    /// <returns>How both ended; the reader is not started where the writer gave nothing.</returns>
    public async Task<(ExitStatus Giver, ExitStatus? Taker, char Kind)> RunAsync(
        SpawnRequest giver, Func<char, SpawnRequest> takerFor, bool hasKind, CancellationToken cancel)
    {
        var (ours, theirs) = UnixSocket.Pair();
        using var source = AsyncSocket.Own(ours);
        var writer = Start(giver with { StandardOutput = theirs });
        theirs.Dispose();
        ChildProcess? reader = null;
        try
        {
            var buffer = new byte[BufferBytes];
            var kind = '\0';
            if (hasKind && (kind = await KindAsync(source, buffer, cancel)) == '\0')
            {
                return (await writer.Exited.WaitAsync(cancel), null, kind);
            }

            var (sinkOurs, sinkTheirs) = UnixSocket.Pair();
            using var sink = AsyncSocket.Own(sinkOurs);
            reader = Start(takerFor(kind) with { StandardInput = sinkTheirs });
            sinkTheirs.Dispose();
            await PumpAsync(source, sink, buffer, cancel);
            source.Dispose();
            return (await writer.Exited.WaitAsync(cancel), await reader.Exited.WaitAsync(cancel), kind);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(writer);
            await EndAsync(reader);
            throw;
        }
    }

    private ChildProcess Start(SpawnRequest request)
    {
        try
        {
            using var error = FdHandle.Standard(2);
            return ChildProcess.Spawn(request with { StandardError = error }, reaper);
        }
        catch (LinuxException refused)
        {
            throw new VmToolsException(ErrorKind.Unavailable, $"{request.Arguments[0]} cannot be run: {refused.Message}.", refused);
        }
    }

    private static async Task<char> KindAsync(Socket source, byte[] buffer, CancellationToken cancel) =>
        await source.ReceiveAsync(buffer.AsMemory(0, 1), SocketFlags.None, cancel) == 1 ? (char)buffer[0] : '\0';

    /// <summary>A reader that ends early ends the copy; its exit code says why.</summary>
    private async Task PumpAsync(Socket source, Socket sink, byte[] buffer, CancellationToken cancel)
    {
        using var progress = new CopyProgress(context);
        try
        {
            while (await source.ReceiveAsync(buffer, SocketFlags.None, cancel) is > 0 and var count)
            {
                for (var sent = 0; sent < count;)
                {
                    sent += await sink.SendAsync(buffer.AsMemory(sent, count - sent), SocketFlags.None, cancel);
                }

                progress.Add(count);
            }

            sink.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The sink has closed.
        }
    }

    private async Task EndAsync(ChildProcess? child)
    {
        if (child is null || child.Exited.IsCompleted)
        {
            return;
        }

        child.Signal(Signal.Term);
        try
        {
            await child.Exited.WaitAsync(FarewellLimit, context.Clock);
        }
        catch (TimeoutException)
        {
            child.Signal(Signal.Kill);
        }
    }
}
