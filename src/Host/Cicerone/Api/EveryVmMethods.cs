using System.Text;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Cicerone.Zone;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Cicerone.Api;

/// <summary>SetTimezone and GetDebugInformation, which are about all VMs.</summary>
internal sealed class EveryVmMethods(VmTable vms, TremplinConnector tremplins, SetZone zones) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods =>
    [
        OwnedObject.Method("SetTimezone", SetTimezoneRequest.Parser, BusErrors.Failed, SetZoneAsync),
        OwnedObject.Method("GetDebugInformation", GetDebugInformationRequest.Parser, BusErrors.Failed, DescribeAsync),
    ];

    public IEnumerable<ServedMethod> OwnMethods => [];

    private async Task<SetTimezoneResponse> SetZoneAsync(SetTimezoneRequest request, CancellationToken cancel)
    {
        var result = await zones.EverywhereAsync(HostZone.Named(request.TimezoneName), cancel);
        return new SetTimezoneResponse { Successes = result.Successes, FailureReasons = { result.Failures } };
    }

    /// <summary>The VM's name, and below it its text indented; a VM that gives none says why in its place.</summary>
    private async Task<GetDebugInformationResponse> DescribeAsync(GetDebugInformationRequest request, CancellationToken cancel)
    {
        var text = new StringBuilder();
        foreach (var vm in vms.All)
        {
            text.Append("VM: ").Append(vm.Id.Name.Value).Append('\n');
            foreach (var line in await LinesAsync(vm, cancel))
            {
                text.Append('\t').Append(line).Append('\n');
            }
        }

        return new GetDebugInformationResponse { DebugInformation = text.ToString() };
    }

    private async Task<IReadOnlyList<string>> LinesAsync(KnownVm vm, CancellationToken cancel)
    {
        if (!vm.Type.HasContainers())
        {
            return ["no container host"];
        }

        try
        {
            using var tremplin = tremplins.Connect(vm.Cid);
            return CleanText.Lines(await tremplin.DescribeAsync(cancel));
        }
        catch (VmToolsException refused)
        {
            return [refused.Message];
        }
    }
}
