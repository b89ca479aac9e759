using VmTools.Host.Cicerone.Vms;
using VmTools.Host.CrashStore;
using VmTools.Host.CrashStore.Settings;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Crashes;

/// <summary>The way of every report into the store: whose it is, whether the user wants it, and what the host itself knows of it.</summary>
internal sealed class ReportIntake(VmLookup vms, ConsentFile consent, CrashReports store, TimeProvider clock, string hostRelease)
{
    /// <summary>Whether the host's user keeps reports; asked each time, so that a change holds at once.</summary>
    public bool IsWanted => consent.IsGranted();

    public KnownVm? Find(Cid cid) => vms.Find(cid);

    /// <summary>
    /// Stores the report where the VM may still send one. A report that finds no room costs nothing of that: it comes again.
    /// </summary>
    public async Task<TakeResult> StoreAsync(
        KnownVm vm, CrashKind kind, NewReport report, VmAllowance allowance, CancellationToken cancel)
    {
        if (!allowance.TryTake(vm.Id))
        {
            return new TakeResult(TakeOutcome.OverRate, vm.Id);
        }

        try
        {
            var whole = report with { Metadata = report.Metadata.WithHost(kind, vm.Cid, clock.GetUtcNow(), hostRelease) };
            var (stored, removed) = await store.AddAsync(vm.Id, whole, cancel);
            return new TakeResult(TakeOutcome.Stored, vm.Id) { Report = stored, Removed = removed };
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            allowance.GiveBack(vm.Id);
            return new TakeResult(TakeOutcome.NoRoom, vm.Id) { Why = refused.Message };
        }
        catch (OperationCanceledException)
        {
            allowance.GiveBack(vm.Id);
            throw;
        }
    }
}
