using Grpc.Core;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Protocol.Messages.Containers;
using VmTools.Protocol.Wire;
using WireState = VmTools.Protocol.Messages.Containers.ContainerState;

namespace VmTools.Guest.Tremplin.Api;

/// <summary>The gRPC service that lists containers (containers.proto).</summary>
internal sealed class ContainersService(ContainerTable containers) : Protocol.Messages.Containers.Containers.ContainersBase
{
    public override Task<ListContainersResponse> ListContainers(ListContainersRequest request, ServerCallContext context)
    {
        var response = new ListContainersResponse();
        response.Containers.AddRange(containers.List().Select(look => Summary(look.Record, look.State, containers.Find(look.Record.Name))));
        return Task.FromResult(response);
    }

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
