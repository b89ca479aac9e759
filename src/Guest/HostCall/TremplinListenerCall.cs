using Google.Protobuf;
using Grpc.Core;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Tremplin;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.HostCall;

/// <summary>vm_cicerone's TremplinListener (tremplin.proto), which hears what became of containers.</summary>
internal sealed class TremplinListenerCall(IVsockCarrier carrier, TimeProvider clock)
{
    private const string Service = "/vm_tools.tremplin.TremplinListener/";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly HostService _host = new(carrier, Ports.TremplinListener, clock);

    /// <summary>Says that the host may call. Null when it has heard, else the reason why not.</summary>
    public async Task<string?> TryTellReadyAsync(CancellationToken cancel)
    {
        var answer = await CallAsync("TremplinReady", new TremplinStartupInfo(), cancel);
        return answer.Message is null ? answer.Reason : null;
    }

    /// <summary>True when the host has heard it or will never hear it; false where a second attempt may succeed.</summary>
    public async Task<bool> TryTellAsync(ContainerNotice notice, CancellationToken cancel)
    {
        var (method, message) = MessageOf(notice);
        var answer = await CallAsync(method, message, cancel);
        return answer.Status is not (StatusCode.Unavailable or StatusCode.DeadlineExceeded);
    }

    /// <summary>The ports of all containers that have any, by name. True when the host has heard.</summary>
    public async Task<bool> TryTellPortsAsync(IReadOnlyDictionary<string, IReadOnlyList<ushort>> ports, CancellationToken cancel)
    {
        var message = new ListeningPortInfo();
        foreach (var (container, listening) in ports)
        {
            message.ContainerPorts[container] = new ListeningPortInfo.Types.ContainerPortInfo
            {
                ListeningTcp4Ports = { listening.Select(port => (uint)port) },
            };
        }

        return (await CallAsync("UpdateListeningPorts", message, cancel)).Message is not null;
    }

    private Task<HostAnswer<EmptyMessage>> CallAsync(string method, IMessage message, CancellationToken cancel) =>
        _host.CallAsync(new OneShotRequest(Service + method, message.ToByteArray()), EmptyMessage.Parser, Limit, cancel);

    private static (string Method, IMessage Message) MessageOf(ContainerNotice notice) => notice.Kind switch
    {
        ContainerNoticeKind.Creating => Creation(notice, ContainerCreationProgress.Types.Status.Downloading),
        ContainerNoticeKind.Created => Creation(notice, ContainerCreationProgress.Types.Status.Created),
        ContainerNoticeKind.NotCreated => Creation(notice, ContainerCreationProgress.Types.Status.Failed),
        ContainerNoticeKind.Starting => Start(notice, ContainerStartProgress.Types.Status.Starting),
        ContainerNoticeKind.Started => Start(notice, ContainerStartProgress.Types.Status.Started),
        ContainerNoticeKind.NotStarted => Start(notice, ContainerStartProgress.Types.Status.Failed),
        ContainerNoticeKind.StartCancelled => Start(notice, ContainerStartProgress.Types.Status.Cancelled),
        ContainerNoticeKind.Stopped => Stop(notice, ContainerStopProgress.Types.Status.Stopped),
        ContainerNoticeKind.NotStopped => Stop(notice, ContainerStopProgress.Types.Status.Failed),
        ContainerNoticeKind.Deleted => Deletion(notice, ContainerDeletionProgress.Types.Status.Deleted),
        ContainerNoticeKind.NotDeleted => Deletion(notice, ContainerDeletionProgress.Types.Status.Failed),
        ContainerNoticeKind.Exporting => Export(notice, ContainerExportProgress.Types.Status.ExportingStreaming),
        ContainerNoticeKind.Exported => Export(notice, ContainerExportProgress.Types.Status.Done),
        ContainerNoticeKind.NotExported => Export(notice, ContainerExportProgress.Types.Status.Failed),
        ContainerNoticeKind.ExportCancelled => Export(notice, ContainerExportProgress.Types.Status.Cancelled),
        ContainerNoticeKind.ShutDown => ("ContainerShutdown", new ContainerShutdownInfo { ContainerName = notice.Container }),
        _ => throw new InvalidOperationException($"{notice.Kind} has no message on the wire."),
    };

    private static (string Method, IMessage Message) Creation(ContainerNotice notice, ContainerCreationProgress.Types.Status status) => (
        "UpdateCreateStatus",
        new ContainerCreationProgress
        {
            Status = status,
            ContainerName = notice.Container,
            DownloadProgress = notice.Percent,
            FailureReason = notice.Reason,
        });

    private static (string Method, IMessage Message) Start(ContainerNotice notice, ContainerStartProgress.Types.Status status) => (
        "UpdateStartStatus",
        new ContainerStartProgress { Status = status, ContainerName = notice.Container, FailureReason = notice.Reason });

    private static (string Method, IMessage Message) Stop(ContainerNotice notice, ContainerStopProgress.Types.Status status) => (
        "UpdateStopStatus",
        new ContainerStopProgress { Status = status, ContainerName = notice.Container, FailureReason = notice.Reason });

    private static (string Method, IMessage Message) Deletion(ContainerNotice notice, ContainerDeletionProgress.Types.Status status) => (
        "UpdateDeletionStatus",
        new ContainerDeletionProgress { Status = status, ContainerName = notice.Container, FailureReason = notice.Reason });

    private static (string Method, IMessage Message) Export(ContainerNotice notice, ContainerExportProgress.Types.Status status) => (
        "UpdateExportStatus",
        new ContainerExportProgress
        {
            Status = status,
            ContainerName = notice.Container,
            FailureReason = notice.Reason,
            TotalInputBytes = notice.Exported.Readable,
            InputBytesStreamed = notice.Exported.Read,
            BytesExported = notice.Exported.Written,
        });
}

/// <summary>What became of a container, for the host.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Container">The container's name.</param>
/// <param name="Reason">Why, where something failed; else empty.</param>
internal readonly record struct ContainerNotice(ContainerNoticeKind Kind, string Container, string Reason = "")
{
    /// <summary>How far something is that goes on.</summary>
    public int Percent { get; init; }

    /// <summary>How far an export is.</summary>
    public ExportedBytes Exported { get; init; }
}

/// <summary>How far an export is: what was read of the container, what there is to read, and what was written.</summary>
internal readonly record struct ExportedBytes(ulong Read, ulong Readable, ulong Written);

/// <summary>What can become of a container.</summary>
internal enum ContainerNoticeKind
{
    /// <summary>Its image is being unpacked.</summary>
    Creating,
    Created,
    NotCreated,

    /// <summary>It is still being started: a sign of life.</summary>
    Starting,
    Started,
    NotStarted,

    /// <summary>It was to be stopped or deleted before it was up.</summary>
    StartCancelled,
    Stopped,
    NotStopped,
    Deleted,
    NotDeleted,

    /// <summary>Its archive is being written.</summary>
    Exporting,
    Exported,
    NotExported,
    ExportCancelled,

    /// <summary>It has ended by itself.</summary>
    ShutDown,
}
