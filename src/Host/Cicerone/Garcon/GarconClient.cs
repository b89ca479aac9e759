using Grpc.Net.Client;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Daemon;
using VmTools.Protocol.Messages.Container;

namespace VmTools.Host.Cicerone.Garcon;

/// <summary>
/// The conversation with garcon over gRPC. Every call has a deadline and fails with a VmToolsException whose sentence is safe to show.
/// What comes back is a stranger's: its texts are to be cleaned, its numbers to be checked.
/// </summary>
internal sealed class GarconClient(GrpcChannel channel, ContainerName name, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private readonly VmTools.Protocol.Messages.Container.Garcon.GarconClient _garcon = new(channel);

    public Task<GetGarconSessionInfoResponse> GetSessionInfoAsync(CancellationToken cancel) => GuestCall.RunAsync(
        $"say who the agent of container '{name}' runs as",
        options => _garcon.GetGarconSessionInfoAsync(new GetGarconSessionInfoRequest(), options),
        Limit,
        clock,
        cancel);

    public Task<LaunchVshdResponse> LaunchVshdAsync(LaunchVshdRequest request, CancellationToken cancel) => GuestCall.RunAsync(
        $"start a shell server in container '{name}'", options => _garcon.LaunchVshdAsync(request, options), Limit, clock, cancel);

    public void Dispose() => channel.Dispose();
}
