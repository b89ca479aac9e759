using System.Net.Sockets;
using VmTools.Host.Cicerone.Containers;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Cicerone.Garcon;

/// <summary>The carrier as the garcon of one container is called over it: through tremplin, within a limit, refusals explained.</summary>
internal sealed class GarconCarrier(IVsockCarrier carrier, ContainerName name, TimeSpan limit, TimeProvider clock) : IVsockCarrier
{
    public ValueTask<IVsockListener> ListenAsync(VsockPort port, CancellationToken cancel) => carrier.ListenAsync(port, cancel);

    public async ValueTask<VsockStream> ConnectAsync(VsockAddress peer, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        VsockStream? stream = null;
        try
        {
            stream = await carrier.ConnectAsync(peer, either.Token);
            await stream.Stream.WriteAsync(ContainerLine.Of(name.Value), either.Token);
            return await ContainerLine.ReadAnswerAsync(stream.Socket, either.Token)
                ? stream
                : throw new VmToolsException(ErrorKind.Unavailable, $"No agent runs in container '{name}'.");
        }
        catch (Exception failure)
        {
            await (stream?.DisposeAsync() ?? ValueTask.CompletedTask);
            if (failure is OperationCanceledException && deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
            {
                throw new VmToolsException(
                    ErrorKind.DeadlineExceeded,
                    $"The agent of container '{name}' took no connection within {limit.TotalSeconds:0} seconds.");
            }

            if (failure is SocketException or IOException)
            {
                throw new VmToolsException(ErrorKind.Unavailable, $"The connection to the agent of container '{name}' was lost.", failure);
            }

            throw;
        }
    }
}
