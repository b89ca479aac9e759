using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Unit.Host.Cicerone.Garcon;

/// <summary>The way that tremplin gives the host to the agent of one container: reads the line, answers, and goes on.</summary>
internal sealed class AgentWay(IVsockListener listener, string container) : IVsockListener
{
    public VsockPort Port => listener.Port;

    public async ValueTask<VsockStream> AcceptAsync(CancellationToken cancel)
    {
        while (true)
        {
            var stream = await listener.AcceptAsync(cancel);
            if (await ContainerLine.ReadAsync(stream.Socket, cancel) == container)
            {
                await stream.Stream.WriteAsync(ContainerLine.Connected, cancel);
                return stream;
            }

            await stream.DisposeAsync();
        }
    }

    public ValueTask DisposeAsync() => listener.DisposeAsync();
}
