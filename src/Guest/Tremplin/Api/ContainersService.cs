using Grpc.Core;
using VmTools.Guest.Tremplin.Archive;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Containers;
using VmTools.Protocol.Wire;
using WireState = VmTools.Protocol.Messages.Containers.ContainerState;

namespace VmTools.Guest.Tremplin.Api;

/// <summary>The gRPC service for what the original's does not have (containers.proto).</summary>
internal sealed class ContainersService(ContainerTable containers, IncomingFiles incoming)
    : Protocol.Messages.Containers.Containers.ContainersBase
{
    public override Task<ListContainersResponse> ListContainers(ListContainersRequest request, ServerCallContext context)
    {
        var response = new ListContainersResponse();
        response.Containers.AddRange(containers.List().Select(look => Summary(look.Record, look.State)));
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

    private static ContainerSummary Summary(ContainerRecord record, Tremplin.Containers.ContainerState state) => new()
    {
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
