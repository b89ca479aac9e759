using System.Collections.Frozen;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.CrashStore;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Crashes;

/// <summary>SendFailureReport: keeps a small entry of a service that ended although it was to stay.</summary>
internal sealed class TakeFailure(ReportIntake intake, VmAllowance allowance)
{
    /// <summary>The original's, and then those of our guest that it does not have.</summary>
    private static readonly FrozenSet<string> Services = FrozenSet.Create(
        StringComparer.Ordinal,
        "vm_syslog", "vshd", "lxcfs", "tremplin", "ndproxyd", "mcastd", "lxd", "cros-garcon", "sommelier", "sommelier-x", "cros-sftp",
        "cros-notificationd", "maitred", "crash_collector", "garcon");

    public async Task<TakeResult> RunAsync(Cid cid, string service, CancellationToken cancel)
    {
        if (!Services.Contains(service))
        {
            return new TakeResult(TakeOutcome.UnknownService, intake.Find(cid)?.Id);
        }

        if (intake.Find(cid) is not { IsStopping: false } vm)
        {
            return new TakeResult(TakeOutcome.Ignored, null);
        }

        var report = new NewReport { Metadata = CrashMetadata.OfService(service) };
        return intake.IsWanted
            ? await intake.StoreAsync(vm, CrashKind.Service, report, allowance, cancel)
            : new TakeResult(TakeOutcome.NoConsent, vm.Id);
    }
}
