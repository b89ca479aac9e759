using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Concierge.GuestAgent;

/// <summary>How a guest is asked for its container host, which may come a moment later than its start is answered.</summary>
public sealed class GuestConnectorTests
{
    private static readonly Cid Guest = new(40);
    private static readonly TerminaSpec Spec = new(System.Net.IPAddress.Parse("10.0.2.2"), "100.115.93.0/24", "/dev/vdb");

    private readonly MemoryVsock _vsock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_container_host_is_waited_for_until_it_listens()
    {
        var served = new GuestConnector(_vsock, TimeProvider.System).ContainersServedAsync(Guest, Cancel);
        Assert.False(served.IsCompleted);

        await using var listener = await _vsock.ListenAsync(Ports.Tremplin, Cancel);

        await served.InTime();
    }

    [Fact]
    public async Task The_guest_is_told_what_its_container_host_needs_and_says_how_its_disk_is()
    {
        StartTerminaRequest? seen = null;
        await using var server = await ServeAsync(request =>
        {
            seen = request;
            return new StartTerminaResponse
            {
                MountResult = StartTerminaResponse.Types.MountResult.PartialDataLoss,
                FreeBytes = -5,
                FreeBytesHasValue = true,
            };
        });
        await using var guest = new GuestConnector(_vsock, TimeProvider.System).Connect(Guest);

        Assert.Equal(new TerminaStart(HasLostData: true, FreeBytes: 0), await guest.StartTerminaAsync(Spec, Cancel));

        Assert.Equal(
            ("100.115.93.0/24", "/dev/vdb", false), (seen!.LxdIpv4Subnet, seen.StatefulDevice, seen.AllowPrivilegedContainers));
        Assert.Equal([10, 0, 2, 2], BitConverter.GetBytes(seen.TremplinIpv4Address));
    }

    [Fact]
    public async Task A_disk_that_cannot_be_used_is_a_failure()
    {
        await using var server = await ServeAsync(_ => new StartTerminaResponse
        {
            MountResult = StartTerminaResponse.Types.MountResult.Failure,
        });
        await using var guest = new GuestConnector(_vsock, TimeProvider.System).Connect(Guest);

        var error = await Assert.ThrowsAsync<VmToolsException>(() => guest.StartTerminaAsync(Spec, Cancel));

        Assert.Contains("/dev/vdb", error.Message, StringComparison.Ordinal);
    }

    private async Task<GrpcServer> ServeAsync(Func<StartTerminaRequest, StartTerminaResponse> answer) => await GrpcServer.StartAsync(
        new GrpcServerOptions
        {
            Listener = await _vsock.ListenAsync(Ports.Maitred, Cancel),
            Services = [binder => Maitred.BindService(binder, new TerminaMaitred(answer))],
            AcceptPeer = static _ => true,
            Logger = NullLogger.Instance,
            Clock = TimeProvider.System,
        },
        Cancel);

    private sealed class TerminaMaitred(Func<StartTerminaRequest, StartTerminaResponse> answer) : Maitred.MaitredBase
    {
        public override Task<StartTerminaResponse> StartTermina(StartTerminaRequest request, ServerCallContext context) =>
            Task.FromResult(answer(request));
    }
}
