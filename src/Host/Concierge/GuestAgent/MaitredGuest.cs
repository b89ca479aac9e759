using Grpc.Core;
using Grpc.Net.Client;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Daemon;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Wire;
using WireTimestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace VmTools.Host.Concierge.GuestAgent;

/// <summary>
/// The conversation with maitred over gRPC. Every call has a deadline, and what comes back is only believed as far as a
/// number and a cleaned sentence: root in the guest may have written it.
/// </summary>
internal sealed class MaitredGuest(GrpcChannel channel, TimeProvider clock) : IGuest
{
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(20);
    public static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MountLimit = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan TerminaLimit = TimeSpan.FromSeconds(150);

    private readonly Maitred.MaitredClient _maitred = new(channel);

    public async Task ConfigureNetworkAsync(GuestNetwork network, CancellationToken cancel)
    {
        var resolvers = new ResolvConfig { Nameservers = { network.NameServers.Select(server => server.ToString()) } };
        var request = new NetworkConfigRequest
        {
            Ipv4Config = new IPv4Config
            {
                Address = Ipv4Number.Of(network.Address),
                Netmask = Ipv4Number.Of(network.Netmask),
                Gateway = Ipv4Number.Of(network.Gateway),
            },
        };
        await CallAsync("set up its network", options => _maitred.ConfigureNetworkAsync(request, options), DefaultLimit, cancel);
        await CallAsync(
            "set its name servers",
            options => _maitred.SetResolvConfigAsync(new SetResolvConfigRequest { ResolvConfig = resolvers }, options),
            DefaultLimit,
            cancel);
    }

    public async Task SetTimeAsync(DateTimeOffset time, CancellationToken cancel) => await CallAsync(
        "set its clock",
        options => _maitred.SetTimeAsync(new SetTimeRequest { Time = WireTimestamp.FromDateTimeOffset(time) }, options),
        DefaultLimit,
        cancel);

    public async Task MountAsync(GuestMount mount, CancellationToken cancel)
    {
        var request = new MountRequest
        {
            Source = mount.Source,
            Target = mount.Target,
            Fstype = mount.FileSystem,
            Mountflags = mount.Flags,
            Options = mount.Options,
        };
        var answer = await CallAsync($"mount {mount.Source}", options => _maitred.MountAsync(request, options), MountLimit, cancel);
        if (answer.Error != 0)
        {
            throw new VmToolsException(
                ErrorKind.FailedPrecondition,
                $"The guest could not mount {mount.Source} at {mount.Target} as {mount.FileSystem} ({(Errno)answer.Error}).");
        }
    }

    public async Task<TerminaStart> StartTerminaAsync(TerminaSpec spec, CancellationToken cancel)
    {
        var request = new StartTerminaRequest
        {
            TremplinIpv4Address = Ipv4Number.Of(spec.Host),
            LxdIpv4Subnet = spec.Subnet,
            StatefulDevice = spec.StatefulDevice,
        };
        var answer = await CallAsync(
            "start its container host", options => _maitred.StartTerminaAsync(request, options), TerminaLimit, cancel);
        return answer.MountResult == StartTerminaResponse.Types.MountResult.Failure
            ? throw new VmToolsException(
                ErrorKind.FailedPrecondition, $"The guest could not use its stateful disk ({spec.StatefulDevice}) for containers.")
            : new TerminaStart(
                answer.MountResult == StartTerminaResponse.Types.MountResult.PartialDataLoss,
                answer.FreeBytesHasValue ? Math.Max(0, answer.FreeBytes) : null);
    }

    public async Task AnswerAsync(CancellationToken cancel) =>
        await CallAsync("answer", options => _maitred.GetKernelVersionAsync(new EmptyMessage(), options), DefaultLimit, cancel);

    public async Task ShutdownAsync(CancellationToken cancel) =>
        await CallAsync("switch itself off", options => _maitred.ShutdownAsync(new EmptyMessage(), options), ShutdownLimit, cancel);

    public ValueTask DisposeAsync()
    {
        channel.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<T> CallAsync<T>(string what, Func<CallOptions, AsyncUnaryCall<T>> call, TimeSpan limit, CancellationToken cancel) =>
        GuestCall.RunAsync(what, call, limit, clock, cancel);
}
