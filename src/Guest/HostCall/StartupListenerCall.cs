using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.HostCall;

/// <summary>vm_concierge's StartupListener (vm_host.proto), which hears that a VM is ready to be commanded.</summary>
internal sealed class StartupListenerCall(IVsockCarrier carrier, VsockPort port, TimeProvider clock)
{
    private const string VmReady = "/vm_tools.StartupListener/VmReady";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly HostService _host = new(carrier, port, clock);

    /// <summary>Null when the host has heard, else the reason why not.</summary>
    public async Task<string?> TryTellReadyAsync(CancellationToken cancel)
    {
        var answer = await _host.CallAsync(new OneShotRequest(VmReady, default), EmptyMessage.Parser, Limit, cancel);
        return answer.Message is null ? answer.Reason : null;
    }
}
