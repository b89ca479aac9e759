using Grpc.Core;
using Microsoft.Extensions.Logging;
using VmTools.Guest.Maitred.Disks;
using VmTools.Guest.Maitred.Network;
using VmTools.Guest.Maitred.Shutdown;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Guest.Maitred.Termina;
using VmTools.Linux.MachineFacts;
using VmTools.Linux.Mounting;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Vsock;
using VmTools.Protocol.Wire;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace VmTools.Guest.Maitred.Api;

/// <summary>
/// The gRPC service of maitred (vm_guest.proto): turns messages into our own types and back. Calls that are not here are answered
/// UNIMPLEMENTED by the generated base.
/// </summary>
internal sealed class MaitredService(
    ConfigureNetwork network, SetResolvConfig names, LaunchProcess programs, MountVolume disks, StartTermina termina, IShutDown shutDown)
    : Protocol.Messages.Maitred.MaitredBase
{
    private const int NanosecondsPerTick = 100;

    private static readonly EmptyMessage Nothing = new();

    /// <summary>
    /// How this service is served on a port. Only the host may call: a program in the VM, root's too, must not command the VM's first
    /// process over the loopback.
    /// </summary>
    public GrpcServerOptions OptionsFor(IVsockListener listener, Action hostLeft, TimeProvider clock, ILogger log) => new()
    {
        Listener = listener,
        Services = [binder => Protocol.Messages.Maitred.BindService(binder, this)],
        AcceptPeer = peer => peer == Cid.Host,
        ConnectionEnded = hostLeft,
        Logger = log,
        Clock = clock,
    };

    public override async Task<EmptyMessage> ConfigureNetwork(NetworkConfigRequest request, ServerCallContext context)
    {
        var config = request.Ipv4Config ?? new IPv4Config();
        var card = new CardAddress(
            Ipv4Number.ToAddress(config.Address), Ipv4Number.ToAddress(config.Netmask), Ipv4Number.ToAddress(config.Gateway));
        await network.RunAsync(card, context.CancellationToken);
        return Nothing;
    }

    public override Task<EmptyMessage> SetResolvConfig(SetResolvConfigRequest request, ServerCallContext context)
    {
        var config = request.ResolvConfig ?? new ResolvConfig();
        names.Run(config.Nameservers, config.SearchDomains);
        return Task.FromResult(Nothing);
    }

    public override async Task<LaunchProcessResponse> LaunchProcess(LaunchProcessRequest request, ServerCallContext context)
    {
        var program = new LaunchSpec
        {
            Arguments = request.Argv,
            Environment = request.Env.ToDictionary(StringComparer.Ordinal),
            Respawn = request.Respawn,
            UseConsole = request.UseConsole,
            WaitForExit = request.WaitForExit,
        };
        var outcome = await programs.RunAsync(program, context.CancellationToken);
        return new LaunchProcessResponse { Status = StatusOf(outcome.State), Code = outcome.Code };
    }

    public override async Task<MountResponse> Mount(MountRequest request, ServerCallContext context)
    {
        var mount = new MountSpec
        {
            Source = request.Source,
            Target = request.Target,
            Type = request.Fstype,
            Flags = (MountFlags)request.Mountflags,
            Options = request.Options,
            CreateTarget = request.CreateTarget,
            Permissions = request.Permissions,
            MakeFileSystem = request.MkfsIfNeeded,
        };
        var error = await disks.RunAsync(mount, context.CancellationToken);
        return new MountResponse { Error = (int)error };
    }

    public override async Task<StartTerminaResponse> StartTermina(StartTerminaRequest request, ServerCallContext context)
    {
        var outcome = await termina.RunAsync(request.StatefulDevice, request.LxdIpv4Subnet, context.CancellationToken);
        return new StartTerminaResponse
        {
            MountResult = outcome.HasLost
                ? StartTerminaResponse.Types.MountResult.PartialDataLoss
                : StartTerminaResponse.Types.MountResult.Success,
            FreeBytes = outcome.FreeBytes ?? 0,
            FreeBytesHasValue = outcome.FreeBytes is not null,
        };
    }

    public override Task<EmptyMessage> SetTime(SetTimeRequest request, ServerCallContext context)
    {
        Clock.SetTime.Run(TimeOf(request.Time));
        return Task.FromResult(Nothing);
    }

    public override Task<GetKernelVersionResponse> GetKernelVersion(EmptyMessage request, ServerCallContext context)
    {
        var kernel = Machine.Uname();
        return Task.FromResult(new GetKernelVersionResponse { KernelRelease = kernel.Release, KernelVersion = kernel.Version });
    }

    public override async Task<EmptyMessage> Shutdown(EmptyMessage request, ServerCallContext context)
    {
        await shutDown.RunAsync();
        return Nothing;
    }

    /// <summary>A message without a time, or with no second in it, is the epoch.</summary>
    private static DateTimeOffset TimeOf(Timestamp? time)
    {
        if (time is null || time.Seconds == 0)
        {
            return DateTimeOffset.UnixEpoch;
        }

        try
        {
            return DateTimeOffset.UnixEpoch.AddSeconds(time.Seconds).AddTicks(time.Nanos / NanosecondsPerTick);
        }
        catch (ArgumentOutOfRangeException unknown)
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, "The time is not within the years 1 to 9999.", unknown);
        }
    }

    private static ProcessStatus StatusOf(LaunchState state) => state switch
    {
        LaunchState.Unknown => ProcessStatus.Unknown,
        LaunchState.Exited => ProcessStatus.Exited,
        LaunchState.Signaled => ProcessStatus.Signaled,
        LaunchState.Launched => ProcessStatus.Launched,
        LaunchState.Failed => ProcessStatus.Failed,
        _ => throw new InvalidOperationException($"{state} has no number on the wire."),
    };
}
