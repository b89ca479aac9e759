using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Garcon;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// Tells the bus what became of containers: a message each. Owner and VM come from our table, and a guest's texts are cleaned by now.
/// </summary>
internal sealed class ContainerSignals(Action<string, IMessage> emit)
{
    /// <summary>The signals of the original's interface that there are.</summary>
    public static readonly IReadOnlyList<ServedSignal> Signals =
    [
        new("TremplinStarted", "ay"),
        new("StartLxdProgress", "ay"),
        new("LxdContainerCreated", "ay"),
        new("LxdContainerDownloading", "ay"),
        new("LxdContainerDeleted", "ay"),
        new("LxdContainerStarting", "ay"),
        new("LxdContainerStopping", "ay"),
        new("ContainerStarted", "ay"),
        new("ContainerShutdown", "ay"),
        new("ExportLxdContainerProgress", "ay"),
    ];

    /// <summary>Emits them on a bus.</summary>
    public static ContainerSignals On(BusConnection bus) => new((member, message) =>
        bus.EmitSignal(CiceroneBus.Path, CiceroneBus.Interface, member, BusBody.Of(message.ToByteArray())));

    public void TremplinStarted(VmId vm) =>
        emit("TremplinStarted", new TremplinStartedSignal { VmName = vm.Name.Value, OwnerId = vm.Owner.Value });

    public void StartLxdProgress(VmId vm, StartLxdProgressSignal.Types.Status status, string reason) =>
        emit("StartLxdProgress", new StartLxdProgressSignal
        {
            VmName = vm.Name.Value,
            OwnerId = vm.Owner.Value,
            Status = status,
            FailureReason = reason,
        });

    public void Created(VmId vm, ContainerName name, LxdContainerCreatedSignal.Types.Status status, string reason) =>
        emit("LxdContainerCreated", new LxdContainerCreatedSignal
        {
            VmName = vm.Name.Value,
            ContainerName = name.Value,
            OwnerId = vm.Owner.Value,
            Status = status,
            FailureReason = reason,
        });

    public void Downloading(VmId vm, ContainerName name, int percent) =>
        emit("LxdContainerDownloading", new LxdContainerDownloadingSignal
        {
            VmName = vm.Name.Value,
            ContainerName = name.Value,
            OwnerId = vm.Owner.Value,
            DownloadProgress = percent,
        });

    public void Deleted(VmId vm, ContainerName name, LxdContainerDeletedSignal.Types.Status status, string reason) =>
        emit("LxdContainerDeleted", new LxdContainerDeletedSignal
        {
            VmName = vm.Name.Value,
            ContainerName = name.Value,
            OwnerId = vm.Owner.Value,
            Status = status,
            FailureReason = reason,
        });

    /// <summary>The system in the container goes with it where it is known.</summary>
    public void Starting(
        VmId vm, ContainerName name, LxdContainerStartingSignal.Types.Status status, string reason, ContainerOs? os) =>
        emit("LxdContainerStarting", new LxdContainerStartingSignal
        {
            VmName = vm.Name.Value,
            ContainerName = name.Value,
            OwnerId = vm.Owner.Value,
            Status = status,
            FailureReason = reason,
            OsRelease = OsReleases.Of(os),
        });

    public void Stopping(VmId vm, ContainerName name, LxdContainerStoppingSignal.Types.Status status, string reason) =>
        emit("LxdContainerStopping", new LxdContainerStoppingSignal
        {
            VmName = vm.Name.Value,
            ContainerName = name.Value,
            OwnerId = vm.Owner.Value,
            Status = status,
            FailureReason = reason,
        });

    /// <summary>garcon has registered: the container is up with everything in it.</summary>
    public void Started(KnownVm vm, StartedContainer container) => emit("ContainerStarted", new ContainerStartedSignal
    {
        VmName = vm.Id.Name.Value,
        ContainerName = container.Name.Value,
        OwnerId = vm.Id.Owner.Value,
        ContainerUsername = container.User,
        ContainerHomedir = container.Home,
        Ipv4Address = container.Address,
        ContainerToken = container.Token,
    });

    public void ShutDown(VmId vm, ContainerName name) => emit("ContainerShutdown", new ContainerShutdownSignal
    {
        VmName = vm.Name.Value,
        ContainerName = name.Value,
        OwnerId = vm.Owner.Value,
    });

    /// <summary>How far an export is, or how it ended.</summary>
    public void Exporting(VmId vm, ContainerName name, ExportLxdContainerProgressSignal progress)
    {
        (progress.VmName, progress.ContainerName, progress.OwnerId) = (vm.Name.Value, name.Value, vm.Owner.Value);
        emit("ExportLxdContainerProgress", progress);
    }
}
