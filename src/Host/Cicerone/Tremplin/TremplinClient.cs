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

    /// <summary>For what copies all that a container has written.</summary>
    public static readonly TimeSpan CopyLimit = TimeSpan.FromHours(1);

    /// <summary>More of a list is not looked at.</summary>
    private const int MostSnapshots = 100;

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

    public Task<GetContainerInfoResponse> GetInfoAsync(ContainerName name, CancellationToken cancel) => CallAsync(
        $"say whether container '{name}' runs",
        options => _tremplin.GetContainerInfoAsync(new GetContainerInfoRequest { ContainerName = name.Value }, options),
        BriefLimit,
        cancel);

    public Task<SetUpUserResponse> SetUpUserAsync(ContainerName name, string user, CancellationToken cancel) => CallAsync(
        $"make the user of container '{name}'",
        options => _tremplin.SetUpUserAsync(
            new SetUpUserRequest { ContainerName = name.Value, ContainerUsername = user }, options),
        OrdinaryLimit,
        cancel);

    public Task<ExportContainerResponse> ExportAsync(ContainerName name, string path, CancellationToken cancel) => CallAsync(
        $"export container '{name}'",
        options => _tremplin.ExportContainerAsync(new ExportContainerRequest { ContainerName = name.Value, ExportPath = path }, options),
        OrdinaryLimit,
        cancel);

    public Task<CancelExportContainerResponse> CancelExportAsync(ContainerName name, CancellationToken cancel) => CallAsync(
        $"break off the export of container '{name}'",
        options => _tremplin.CancelExportContainerAsync(
            new CancelExportContainerRequest { InProgressContainerName = name.Value }, options),
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

    public Task MakeSnapshotAsync(ContainerName name, string snapshot, CancellationToken cancel) => CallAsync(
        $"make the snapshot of container '{name}'",
        options => _containers.MakeSnapshotAsync(SnapshotOf(name, snapshot), options), CopyLimit, cancel);

    public Task RestoreSnapshotAsync(ContainerName name, string snapshot, CancellationToken cancel) => CallAsync(
        $"restore container '{name}'",
        options => _containers.RestoreSnapshotAsync(SnapshotOf(name, snapshot), options), CopyLimit, cancel);

    public Task DeleteSnapshotAsync(ContainerName name, string snapshot, CancellationToken cancel) => CallAsync(
        $"delete the snapshot of container '{name}'",
        options => _containers.DeleteSnapshotAsync(SnapshotOf(name, snapshot), options), CopyLimit, cancel);

    /// <summary>Each with the second since 1970 in which it was made; what no snapshot can be called is left out.</summary>
    public async Task<IReadOnlyList<(ContainerName Name, long Made)>> ListSnapshotsAsync(ContainerName name, CancellationToken cancel)
    {
        var answer = await CallAsync(
            $"list the snapshots of container '{name}'",
            options => _containers.ListSnapshotsAsync(new Wire.ListSnapshotsRequest { ContainerName = name.Value }, options),
            OrdinaryLimit,
            cancel);
        return
        [
            .. answer.Snapshots.Take(MostSnapshots)
                .SelectMany(one => ContainerName.TryParse(one.Name, out var parsed)
                    ? new[] { (parsed, one.MadeSeconds) }
                    : []),
        ];
    }

    /// <summary>Begins it.</summary>
    public Task CopyAsync(ContainerName name, ContainerName copy, CancellationToken cancel) => CallAsync(
        $"copy container '{name}'",
        options => _containers.CopyContainerAsync(
            new Wire.CopyContainerRequest { ContainerName = name.Value, NewContainerName = copy.Value }, options),
        OrdinaryLimit,
        cancel);

    public void Dispose() => channel.Dispose();

    private static Wire.SnapshotRequest SnapshotOf(ContainerName name, string snapshot) =>
        new() { ContainerName = name.Value, SnapshotName = snapshot };

    private Task<T> CallAsync<T>(string what, Func<CallOptions, AsyncUnaryCall<T>> call, TimeSpan limit, CancellationToken cancel) =>
        GuestCall.RunAsync(what, call, limit, clock, cancel);
}
