using Google.Protobuf;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Container;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.HostCall;

/// <summary>vm_cicerone's ContainerListener (container_host.proto), which hears the agents of containers.</summary>
internal sealed class ContainerListenerCall(IVsockCarrier carrier, string token, TimeProvider clock)
{
    private const string Service = "/vm_tools.container.ContainerListener/";

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(2);

    private readonly HostService _host = new(carrier, Ports.ContainerListener, clock);

    /// <summary>Says that the host may call. Null when it has heard, else the reason why not.</summary>
    public Task<string?> TryTellReadyAsync(CancellationToken cancel) => TryTellAsync(
        "ContainerReady", new ContainerStartupInfo { Token = token, GarconPort = Ports.Garcon.Value }, ReadyLimit, cancel);

    /// <summary>Says that the container goes down. Null when the host has heard, else the reason why not.</summary>
    public Task<string?> TryTellShutdownAsync(CancellationToken cancel) =>
        TryTellAsync("ContainerShutdown", new ContainerShutdownInfo { Token = token }, ShutdownLimit, cancel);

    private async Task<string?> TryTellAsync(string method, IMessage message, TimeSpan limit, CancellationToken cancel)
    {
        var request = new OneShotRequest(Service + method, message.ToByteArray());
        var answer = await _host.CallAsync(request, EmptyMessage.Parser, limit, cancel);
        return answer.Message is null ? answer.Reason : null;
    }
}
