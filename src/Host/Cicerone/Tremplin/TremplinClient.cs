using Grpc.Core;
using Grpc.Net.Client;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Daemon;
using VmTools.Protocol.Messages.Tremplin;
using Wire = VmTools.Protocol.Messages.Containers;

namespace VmTools.Host.Cicerone.Tremplin;

/// <summary>
/// The conversation with tremplin over gRPC. Every call has a deadline and fails with a VmToolsException whose sentence is safe to show.
/// What comes back is root's in the guest: its texts are to be cleaned, its numbers to be checked.
/// </summary>
internal sealed class TremplinClient(GrpcChannel channel, TimeProvider clock) : IDisposable
{
    public static readonly TimeSpan OrdinaryLimit = TimeSpan.FromSeconds(60);

    /// <summary>For the making and the start of a container.</summary>
    public static readonly TimeSpan LongLimit = TimeSpan.FromSeconds(120);

    /// <summary>For the list that is read beside another call.</summary>
    public static readonly TimeSpan BriefLimit = TimeSpan.FromSeconds(10);

    private readonly VmTools.Protocol.Messages.Tremplin.Tremplin.TremplinClient _tremplin = new(channel);
    private readonly Wire.Containers.ContainersClient _containers = new(channel);

    public Task<StartLxdResponse> StartLxdAsync(bool reset, CancellationToken cancel) => CallAsync(
        "start its container host",
        options => _tremplin.StartLxdAsync(new StartLxdRequest { ResetLxdDb = reset }, options),
        OrdinaryLimit,
        cancel);

    public Task<CreateContainerResponse> CreateAsync(CreateContainerRequest request, CancellationToken cancel) => CallAsync(
        $"create container '{request.ContainerName}'", options => _tremplin.CreateContainerAsync(request, options), LongLimit, cancel);

    public Task<DeleteContainerResponse> DeleteAsync(ContainerName name, CancellationToken cancel) => CallAsync(
        $"delete container '{name}'",
        options => _tremplin.DeleteContainerAsync(new DeleteContainerRequest { ContainerName = name.Value }, options),
        OrdinaryLimit,
        cancel);

    public Task<StartContainerResponse> StartAsync(StartContainerRequest request, CancellationToken cancel) => CallAsync(
        $"start container '{request.ContainerName}'", options => _tremplin.StartContainerAsync(request, options), LongLimit, cancel);

    public Task<StopContainerResponse> StopAsync(ContainerName name, CancellationToken cancel) => CallAsync(
        $"stop container '{name}'",
        options => _tremplin.StopContainerAsync(new StopContainerRequest { ContainerName = name.Value }, options),
        OrdinaryLimit,
        cancel);

    public Task<GetContainerUsernameResponse> GetUsernameAsync(ContainerName name, CancellationToken cancel) => CallAsync(
        $"say who the user of container '{name}' is",
        options => _tremplin.GetContainerUsernameAsync(new GetContainerUsernameRequest { ContainerName = name.Value }, options),
        OrdinaryLimit,
        cancel);

    public Task<SetUpUserResponse> SetUpUserAsync(ContainerName name, string user, CancellationToken cancel) => CallAsync(
        $"make the user of container '{name}'",
        options => _tremplin.SetUpUserAsync(
            new SetUpUserRequest { ContainerName = name.Value, ContainerUsername = user }, options),
        OrdinaryLimit,
        cancel);

    public Task<SetTimezoneResponse> SetZoneAsync(
        string name, string posix, IEnumerable<ContainerName> containers, CancellationToken cancel) => CallAsync(
        "set the time zone of its containers",
        options => _tremplin.SetTimezoneAsync(
            new SetTimezoneRequest
            {
                TimezoneName = name,
                PosixTzString = posix,
                ContainerNames = { containers.Select(container => container.Value) },
            },
            options),
        OrdinaryLimit,
        cancel);

    public async Task<string> DescribeAsync(CancellationToken cancel) => (await CallAsync(
        "describe its container host",
        options => _tremplin.GetDebugInfoAsync(new GetDebugInfoRequest(), options),
        OrdinaryLimit,
        cancel)).DebugInformation;

    public async Task<IReadOnlyList<ListedContainer>> ListAsync(CancellationToken cancel)
    {
        var answer = await CallAsync(
            "list its containers",
            options => _containers.ListContainersAsync(new Wire.ListContainersRequest(), options),
            BriefLimit,
            cancel);
        return [.. answer.Containers.Take(ContainerTable.MostPerVm).Select(ListedContainers.Of).OfType<ListedContainer>()];
    }

    public void Dispose() => channel.Dispose();

    private Task<T> CallAsync<T>(string what, Func<CallOptions, AsyncUnaryCall<T>> call, TimeSpan limit, CancellationToken cancel) =>
        GuestCall.RunAsync(what, call, limit, clock, cancel);
}
