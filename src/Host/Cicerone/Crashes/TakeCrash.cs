using System.Globalization;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.CrashStore;
using VmTools.Host.GuestText;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Crashes;

/// <summary>
/// SendCrashReport: takes the report of the VM that has this CID into the store, unless the user or a limit is against it.
/// </summary>
internal sealed class TakeCrash(ReportIntake intake, CrashLimits limits, VmAllowance allowance)
{
    public async Task<TakeResult> RunAsync(Cid cid, GuestReport report, CancellationToken cancel)
    {
        if (intake.Find(cid) is not { } vm)
        {
            return new TakeResult(TakeOutcome.UnknownVm, null);
        }

        if (!intake.IsWanted)
        {
            return new TakeResult(TakeOutcome.NoConsent, vm.Id);
        }

        if (report.Dump.Length > limits.MaxDumpBytes)
        {
            return new TakeResult(TakeOutcome.TooLong, vm.Id)
            {
                Why = string.Create(
                    CultureInfo.InvariantCulture, $"A minidump has {report.Dump.Length} bytes and may have {limits.MaxDumpBytes}."),
            };
        }

        return await intake.StoreAsync(vm, CrashKind.Program, new NewReport
        {
            Metadata = CrashMetadata.OfGuest(report.Metadata),
            Dump = report.Dump,
            ProcessTree = SafeText.LinesForFile(report.ProcessTree, limits.MaxTreeBytes),
        }, allowance, cancel);
    }
}

/// <summary>A report as a guest sent it: anything may be in it.</summary>
internal sealed record GuestReport(IEnumerable<KeyValuePair<string, string>> Metadata, ReadOnlyMemory<byte> Dump, string ProcessTree);
