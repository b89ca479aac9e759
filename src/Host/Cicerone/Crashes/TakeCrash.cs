using System.Globalization;
using VmTools.Host.CrashStore;
using VmTools.Host.GuestText;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Crashes;

/// <summary>SendCrashReport: takes the report of the VM that has this CID into the store, unless the user or a limit is against it.</summary>
internal sealed class TakeCrash(ReportKeeping keeping, CrashLimits limits, ReportAllowance allowance)
{
    public async Task<TakeResult> RunAsync(Cid cid, GuestReport report, CancellationToken cancel)
    {
        if (keeping.Vms.Find(cid) is not { } vm)
        {
            return new TakeResult(TakeOutcome.UnknownVm, null);
        }

        if (!keeping.Consent.IsGranted())
        {
            return new TakeResult(TakeOutcome.NoConsent, vm.Id);
        }

        if (report.Dump.Length > limits.MaxDumpBytes)
        {
            return new TakeResult(TakeOutcome.TooLong, vm.Id)
            {
                Why = string.Create(CultureInfo.InvariantCulture, $"A minidump has {report.Dump.Length} bytes and may have {limits.MaxDumpBytes}."),
            };
        }

        return await keeping.StoreAsync(vm, new NewReport
        {
            Fields = GuestMetadata.Clean(report.Metadata),
            HostFields = keeping.HostFields(vm, "program"),
            Dump = report.Dump,
            ProcessTree = SafeText.LinesForFile(report.ProcessTree, limits.MaxTreeBytes),
        }, allowance, cancel);
    }
}
