using Grpc.Core;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Guest.Maitred.Verbs;
using VmTools.Linux;
using VmTools.Protocol.Messages;

namespace VmTools.Guest.Maitred;

/// <summary>
/// The gRPC border of maitred: turns messages into our words and back. Calls that are not here are answered UNIMPLEMENTED by
/// the generated base.
/// </summary>
internal sealed class MaitredService(MaitredVerbs verbs) : Protocol.Messages.Maitred.MaitredBase
{
    private static readonly EmptyMessage Nothing = new();

    public override async Task<EmptyMessage> ConfigureNetwork(NetworkConfigRequest request, ServerCallContext context)
    {
        var config = request.Ipv4Config ?? new IPv4Config();
        await verbs.ConfigureNetwork.RunAsync(config.Address, config.Netmask, config.Gateway, context.CancellationToken);
        return Nothing;
    }

    public override Task<EmptyMessage> SetResolvConfig(SetResolvConfigRequest request, ServerCallContext context)
    {
        var config = request.ResolvConfig ?? new ResolvConfig();
        verbs.SetResolvConfig.Run(config.Nameservers, config.SearchDomains);
        return Task.FromResult(Nothing);
    }

    public override async Task<LaunchProcessResponse> LaunchProcess(LaunchProcessRequest request, ServerCallContext context)
    {
        var order = new LaunchOrder
        {
            Arguments = request.Argv,
            Environment = request.Env.ToDictionary(StringComparer.Ordinal),
            Respawn = request.Respawn,
            UseConsole = request.UseConsole,
            WaitForExit = request.WaitForExit,
        };
        var outcome = await verbs.LaunchProcess.RunAsync(order, context.CancellationToken);
        return new LaunchProcessResponse { Status = (ProcessStatus)(int)outcome.State, Code = outcome.Code };
    }

    public override async Task<MountResponse> Mount(MountRequest request, ServerCallContext context)
    {
        var order = new MountOrder
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
        var error = await verbs.MountVolume.RunAsync(order, context.CancellationToken);
        return new MountResponse { Error = (int)error };
    }

    public override Task<EmptyMessage> SetTime(SetTimeRequest request, ServerCallContext context)
    {
        Verbs.SetTime.Run(request.Time?.Seconds ?? 0, request.Time?.Nanos ?? 0);
        return Task.FromResult(Nothing);
    }

    public override Task<GetKernelVersionResponse> GetKernelVersion(EmptyMessage request, ServerCallContext context)
    {
        var kernel = Machine.Uname();
        return Task.FromResult(new GetKernelVersionResponse { KernelRelease = kernel.Release, KernelVersion = kernel.Version });
    }

    public override async Task<EmptyMessage> Shutdown(EmptyMessage request, ServerCallContext context)
    {
        await verbs.ShutDown.RunAsync();
        return Nothing;
    }
}
