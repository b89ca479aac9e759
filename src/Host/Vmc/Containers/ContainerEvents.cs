using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Vmc.Containers;

/// <summary>The signals of vm_cicerone about one container, in one form.</summary>
internal static class ContainerEvents
{
    public static ContainerEvent Of(LxdContainerCreatedSignal signal) => new(
        signal.OwnerId, signal.VmName, signal.ContainerName,
        signal.Status switch
        {
            LxdContainerCreatedSignal.Types.Status.Created => ContainerEnd.Done,
            LxdContainerCreatedSignal.Types.Status.Unknown => ContainerEnd.Pending,
            _ => ContainerEnd.Failed,
        },
        signal.FailureReason);

    public static ContainerEvent Of(LxdContainerStartingSignal signal) => new(
        signal.OwnerId, signal.VmName, signal.ContainerName,
        signal.Status switch
        {
            LxdContainerStartingSignal.Types.Status.Started => ContainerEnd.Done,
            LxdContainerStartingSignal.Types.Status.Unknown or LxdContainerStartingSignal.Types.Status.Starting => ContainerEnd.Pending,
            _ => ContainerEnd.Failed,
        },
        signal.FailureReason);

    public static ContainerEvent Of(LxdContainerStoppingSignal signal) => new(
        signal.OwnerId, signal.VmName, signal.ContainerName,
        signal.Status switch
        {
            LxdContainerStoppingSignal.Types.Status.Stopped => ContainerEnd.Done,
            LxdContainerStoppingSignal.Types.Status.Unknown or LxdContainerStoppingSignal.Types.Status.Stopping => ContainerEnd.Pending,
            _ => ContainerEnd.Failed,
        },
        signal.FailureReason);

    public static ContainerEvent Of(LxdContainerDeletedSignal signal) => new(
        signal.OwnerId, signal.VmName, signal.ContainerName,
        signal.Status switch
        {
            LxdContainerDeletedSignal.Types.Status.Deleted => ContainerEnd.Done,
            LxdContainerDeletedSignal.Types.Status.Unknown => ContainerEnd.Pending,
            _ => ContainerEnd.Failed,
        },
        signal.FailureReason);
}
