using System.Globalization;
using VmTools.Host.CrashStore;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.CrashStore.Settings;

namespace VmTools.Host.Cicerone.Crashes;

/// <summary>What keeping a report takes, whatever it is of.</summary>
internal sealed record ReportKeeping(VmLookup Vms, ConsentFile Consent, CrashReports Store)
{
    public required TimeProvider Clock { get; init; }

    /// <summary>The host's own operating system, by its name for people.</summary>
    public required string HostRelease { get; init; }

    /// <summary>What we know ourselves of a report.</summary>
    public IReadOnlyDictionary<string, string> HostFields(KnownVm vm, string kind) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [CrashMeta.Kind] = kind,
        [CrashMeta.Cid] = vm.Cid.Value.ToString(CultureInfo.InvariantCulture),
        [CrashMeta.Received] = Clock.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        [CrashMeta.Release] = HostRelease,
    };

    /// <summary>Stores it where the VM may still send one. A report that finds no room costs nothing of that: it comes again.</summary>
    public async Task<TakeResult> StoreAsync(KnownVm vm, NewReport report, ReportAllowance allowance, CancellationToken cancel)
    {
        if (!allowance.TryTake(vm.Id))
        {
            return new TakeResult(TakeOutcome.OverRate, vm.Id);
        }

        try
        {
            var (stored, removed) = await Store.AddAsync(vm.Id, report, cancel);
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
