using VmTools.Host.Concierge.Disks;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Concierge.Api;

/// <summary>The members about disks: message in, verb, message out; an expected failure becomes a status and a reason.</summary>
internal sealed class DiskMethods(DiskVerbs verbs)
{
    public async Task<CreateDiskImageResponse> CreateAsync(CreateDiskImageRequest request, CancellationToken cancel)
    {
        var outcome = await AnswerAsync(() => verbs.Create.RunAsync(Requests.NewDiskOf(request), cancel));
        return new CreateDiskImageResponse { Status = StatusOf(outcome), DiskPath = outcome.Path, FailureReason = outcome.Reason };
    }

    public async Task<DestroyDiskImageResponse> DestroyAsync(DestroyDiskImageRequest request, CancellationToken cancel)
    {
        var outcome = await AnswerAsync(() => verbs.Destroy.RunAsync(VmId.Parse(request.CryptohomeId, request.VmName), cancel));
        return new DestroyDiskImageResponse { Status = StatusOf(outcome), FailureReason = outcome.Reason };
    }

    public Task<ListVmDisksResponse> ListAsync(ListVmDisksRequest request, CancellationToken cancel)
    {
        try
        {
            var only = request.VmName.Length > 0 ? VmId.ParseName(request.VmName) : (VmName?)null;
            if (request is { AllLocations: false, StorageLocation: not StorageLocation.StorageCryptohomeRoot })
            {
                // All disks there are lie in one place.
                return Task.FromResult(new ListVmDisksResponse { Success = true });
            }

            var disks = verbs.List.Run(VmId.ParseOwner(request.CryptohomeId), only);
            return Task.FromResult(new ListVmDisksResponse
            {
                Success = true,
                Images = { disks.Select(Replies.DiskOf) },
                TotalSize = (ulong)disks.Sum(disk => disk.AllocatedBytes),
            });
        }
        catch (VmToolsException refused)
        {
            return Task.FromResult(new ListVmDisksResponse { FailureReason = refused.Message });
        }
    }

    private static DiskImageStatus StatusOf(DiskOutcome outcome) => (DiskImageStatus)(int)outcome.Status;

    private static async Task<DiskOutcome> AnswerAsync(Func<Task<DiskOutcome>> run)
    {
        try
        {
            return await run();
        }
        catch (DiskBusyException busy)
        {
            return new DiskOutcome(DiskStatus.Failed) { Reason = busy.Message };
        }
        catch (VmToolsException refused)
        {
            var status = refused.Kind == ErrorKind.ResourceExhausted ? DiskStatus.NotEnoughSpace : DiskStatus.Failed;
            return new DiskOutcome(status) { Reason = refused.Message };
        }
    }
}
