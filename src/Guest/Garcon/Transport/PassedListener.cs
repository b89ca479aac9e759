using System.Net.Sockets;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Garcon.Transport;

/// <summary>A listening socket that tremplin passed: nothing but tremplin can reach it, and it brings the host alone.</summary>
internal sealed class PassedListener(VsockPort port, Socket socket) : IVsockListener
{
    private static readonly VsockAddress Host = new(Cid.Host, default);

    public VsockPort Port => port;

    public async ValueTask<VsockStream> AcceptAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return new VsockStream(Host, await socket.AcceptAsync(cancel));
            }
            catch (SocketException passing) when (!VsockSocket.EndsListener((Errno)passing.NativeErrorCode))
            {
                // What befell one connection, or a shortage, which passes.
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancel);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
