using Google.Protobuf;
using Grpc.Core;
using VmTools.Guest.Tremplin.Archive;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Containers;
using VmTools.Protocol.Wire;
using WireState = VmTools.Protocol.Messages.Containers.ContainerState;

namespace VmTools.Guest.Tremplin.Api;

/// <summary>The gRPC service for what the original's does not have (containers.proto).</summary>
internal sealed class ContainersService(
    ContainerTable containers, IncomingFiles incoming, ContainerArchives archives, ContainerSnapshots snapshots, ContainerCopies copies)
    : Protocol.Messages.Containers.Containers.ContainersBase
{
    public override Task<ListContainersResponse> ListContainers(ListContainersRequest request, ServerCallContext context)
    {
        var response = new ListContainersResponse();
        response.Containers.AddRange(containers.List().Select(look => Summary(look.Record, look.State, containers.Find(look.Record.Name))));
        return Task.FromResult(response);
    }

    public override async Task<ReceivedFile> ReceiveFile(IAsyncStreamReader<FileChunk> requestStream, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        if (!await requestStream.MoveNext(cancel))
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, "not even the beginning of a file came");
        }

        var total = requestStream.Current.TotalBytes;
        using var file = incoming.Begin(total);
        do
        {
            file.Write(requestStream.Current.Content.Span);
        }
        while (await requestStream.MoveNext(cancel));

        if (total != 0 && (ulong)file.Bytes != total)
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, $"{file.Bytes} bytes of a file came that was to have {total}");
        }

        file.Finish();
        return new ReceivedFile { Path = file.Path, Bytes = (ulong)file.Bytes };
    }

    public override Task SendContainer(
        SendContainerRequest request, IServerStreamWriter<FileChunk> responseStream, ServerCallContext context) =>
        archives.SendAsync(
            Find(request.ContainerName),
            CompressionOf(request.Compression),
            piece => responseStream.WriteAsync(
                new FileChunk
                {
                    Content = UnsafeByteOperations.UnsafeWrap(piece.Content),
                    ReadBytes = (ulong)piece.Read,
                    ReadableBytes = (ulong)piece.Readable,
                },
                context.CancellationToken),
            context.CancellationToken);

    public override Task<SnapshotResponse> MakeSnapshot(SnapshotRequest request, ServerCallContext context) =>
        DoneAsync(snapshots.MakeAsync, request, context);

    public override Task<SnapshotResponse> RestoreSnapshot(SnapshotRequest request, ServerCallContext context) =>
        DoneAsync(snapshots.RestoreAsync, request, context);

    public override Task<SnapshotResponse> DeleteSnapshot(SnapshotRequest request, ServerCallContext context) =>
        DoneAsync(snapshots.DeleteAsync, request, context);

    public override Task<ListSnapshotsResponse> ListSnapshots(ListSnapshotsRequest request, ServerCallContext context)
    {
        var response = new ListSnapshotsResponse();
        response.Snapshots.AddRange(snapshots.List(Find(request.ContainerName).Name).Select(snapshot => new SnapshotSummary
        {
            Name = snapshot.Name.Value,
            MadeSeconds = snapshot.Made.ToUnixTimeSeconds(),
        }));
        return Task.FromResult(response);
    }

    public override Task<CopyContainerResponse> CopyContainer(CopyContainerRequest request, ServerCallContext context)
    {
        var outcome = copies.Begin(Find(request.ContainerName), NameIn(request.NewContainerName, ContainerNameRule.Sentence));
        return outcome.Result switch
        {
            RequestResult.Begun => Task.FromResult(new CopyContainerResponse()),
            RequestResult.AlreadyDone => throw new VmToolsException(
                ErrorKind.AlreadyExists, $"there is a container {request.NewContainerName} in this VM already"),
            _ => throw new VmToolsException(ErrorKind.FailedPrecondition, outcome.Reason),
        };
    }

    private async Task<SnapshotResponse> DoneAsync(
        Func<Container, ContainerName, CancellationToken, Task> work, SnapshotRequest request, ServerCallContext context)
    {
        var snapshot = NameIn(request.SnapshotName, "a snapshot is named by the rule for containers: " + ContainerNameRule.Sentence);
        await work(Find(request.ContainerName), snapshot, context.CancellationToken);
        return new SnapshotResponse();
    }

    private static ContainerName NameIn(string text, string rule) =>
        ContainerName.TryParse(text, out var name) ? name : throw new VmToolsException(ErrorKind.InvalidArgument, rule);

    /// <exception cref="VmToolsException">There is none.</exception>
    private Container Find(string name) =>
        !ContainerName.TryParse(name, out var parsed) ? throw new VmToolsException(ErrorKind.InvalidArgument, ContainerNameRule.Sentence)
        : containers.Find(parsed) ?? throw new VmToolsException(ErrorKind.NotFound, $"there is no container {parsed} in this VM");

    private static ArchiveCompression CompressionOf(Compression compression) => compression switch
    {
        Compression.Uncompressed => ArchiveCompression.None,
        Compression.Zstd => ArchiveCompression.Zstd,
        Compression.Gzip => ArchiveCompression.Gzip,
        _ => throw new VmToolsException(ErrorKind.InvalidArgument, $"there is no compression with the number {(int)compression}"),
    };

    private static ContainerSummary Summary(ContainerRecord record, Tremplin.Containers.ContainerState state, Container? container) => new()
    {
        ListeningTcp4Ports = { container?.ListeningPorts().Select(port => (uint)port) ?? [] },
        Name = record.Name.Value,
        State = StateOf(state),
        Ipv4Address = Ipv4Number.Of(record.Address),
        Username = record.User?.Value ?? "",
        OsPrettyName = record.Release.PrettyName,
        ImageId = record.Image.ToString("D"),
    };

    /// <summary>One that is being made is not listed; one that is being deleted is on its way down.</summary>
    private static WireState StateOf(Tremplin.Containers.ContainerState state) => state switch
    {
        Tremplin.Containers.ContainerState.Stopped => WireState.Stopped,
        Tremplin.Containers.ContainerState.Starting => WireState.Starting,
        Tremplin.Containers.ContainerState.Running => WireState.Running,
        Tremplin.Containers.ContainerState.Stopping or Tremplin.Containers.ContainerState.Deleting => WireState.Stopping,
        _ => throw new InvalidOperationException($"a container that is {state} is not listed."),
    };
}
