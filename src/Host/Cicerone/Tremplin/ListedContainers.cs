using VmTools.Host.Cicerone.Containers;
using VmTools.Protocol.Messages.Containers;
using VmTools.Protocol.Wire;
using WireState = VmTools.Protocol.Messages.Containers.ContainerState;

namespace VmTools.Host.Cicerone.Tremplin;

/// <summary>The entries of a guest's list, read.</summary>
internal static class ListedContainers
{
    private const int MostPorts = 1024;

    /// <summary>Null for an entry whose name or state no container can have.</summary>
    public static ListedContainer? Of(ContainerSummary summary) =>
        ContainerName.TryParse(summary.Name, out var name) && StateOf(summary.State) is { } state
            ? new ListedContainer(name, state)
            {
                Address = summary.Ipv4Address == 0 ? "" : Ipv4Number.ToAddress(summary.Ipv4Address).ToString(),
                User = CleanText.Word(summary.Username),
                Os = CleanText.Word(summary.OsPrettyName),
                Image = CleanText.Word(summary.ImageId),
                Ports = PortsOf(summary.ListeningTcp4Ports),
            }
            : null;

    /// <summary>Those that can be, once each; 2222 and 5355 are the system's own in every container of the original.</summary>
    public static IReadOnlyList<ushort> PortsOf(IEnumerable<uint> ports) =>
    [
        .. ports.Where(port => port is > 0 and <= ushort.MaxValue and not 2222 and not 5355)
            .Select(port => (ushort)port).Distinct().Take(MostPorts).Order(),
    ];

    private static Containers.ContainerState? StateOf(WireState state) => state switch
    {
        WireState.Stopped => Containers.ContainerState.Stopped,
        WireState.Starting => Containers.ContainerState.Starting,
        WireState.Running => Containers.ContainerState.Running,
        WireState.Stopping => Containers.ContainerState.Stopping,
        _ => null,
    };
}
