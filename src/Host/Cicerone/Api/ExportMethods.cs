using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;
using CancelAnswer = VmTools.Protocol.Messages.Tremplin.CancelExportContainerResponse.Types.Status;
using CancelStatus = VmTools.Protocol.Messages.Cicerone.CancelExportLxdContainerResponse.Types.Status;
using ExportAnswer = VmTools.Protocol.Messages.Tremplin.ExportContainerResponse.Types.Status;
using ExportStatus = VmTools.Protocol.Messages.Cicerone.ExportLxdContainerResponse.Types.Status;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// ExportLxdContainer and CancelExportLxdContainer: archives that are written to a path in the VM. A signal tells how far they are.
/// </summary>
internal sealed class ExportMethods(VmLookup vms, TremplinConnector tremplins) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods =>
    [
        OwnedObject.Method("ExportLxdContainer", ExportLxdContainerRequest.Parser, BusErrors.Failed, ExportAsync),
        OwnedObject.Method("CancelExportLxdContainer", CancelExportLxdContainerRequest.Parser, BusErrors.Failed, CancelAsync),
    ];

    public IEnumerable<ServedMethod> OwnMethods => [];

    private async Task<ExportLxdContainerResponse> ExportAsync(ExportLxdContainerRequest request, CancellationToken cancel)
    {
        try
        {
            var vm = VmsWithContainers.Expect(vms, request.OwnerId, request.VmName);
            using var tremplin = tremplins.Connect(vm.Cid);
            var answer = await tremplin.ExportAsync(NameIn(request.ContainerName), request.ExportPath, cancel);
            return new ExportLxdContainerResponse
            {
                Status = answer.Status == ExportAnswer.Exporting ? ExportStatus.Exporting : ExportStatus.Failed,
                FailureReason = CleanText.Reason(answer.FailureReason),
            };
        }
        catch (VmToolsException refused)
        {
            return new ExportLxdContainerResponse { Status = ExportStatus.Failed, FailureReason = refused.Message };
        }
    }

    private async Task<CancelExportLxdContainerResponse> CancelAsync(
        CancelExportLxdContainerRequest request, CancellationToken cancel)
    {
        try
        {
            var vm = VmsWithContainers.Expect(vms, request.OwnerId, request.VmName);
            using var tremplin = tremplins.Connect(vm.Cid);
            var answer = await tremplin.CancelExportAsync(NameIn(request.InProgressContainerName), cancel);
            return new CancelExportLxdContainerResponse
            {
                Status = answer.Status switch
                {
                    CancelAnswer.CancelQueued => CancelStatus.CancelQueued,
                    CancelAnswer.OperationNotFound => CancelStatus.OperationNotFound,
                    _ => CancelStatus.Failed,
                },
            };
        }
        catch (VmToolsException refused)
        {
            return new CancelExportLxdContainerResponse { Status = CancelStatus.Failed, FailureReason = refused.Message };
        }
    }

    private static ContainerName NameIn(string text) =>
        ContainerName.TryParse(text, out var name) ? name : throw new VmToolsException(ErrorKind.InvalidArgument, Refusals.BadName(text));
}
