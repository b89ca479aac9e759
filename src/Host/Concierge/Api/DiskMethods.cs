using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Disks;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;
using static VmTools.Host.Concierge.Api.RequestText;

namespace VmTools.Host.Concierge.Api;

/// <summary>The methods about disks. An expected failure is the answer's status and its reason.</summary>
internal sealed class DiskMethods(CreateDiskImage create, DestroyDiskImage destroy, DiskStore store) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods =>
    [
        OwnedObject.Method("CreateDiskImage", CreateDiskImageRequest.Parser, BusErrors.Failed, CreateAsync) with { In = "ayah" },
        OwnedObject.Method("DestroyDiskImage", DestroyDiskImageRequest.Parser, BusErrors.Failed, DestroyAsync),
        OwnedObject.Method("ListVmDisks", ListVmDisksRequest.Parser, BusErrors.Failed, ListAsync),
    ];

    public IEnumerable<ServedMethod> OwnMethods => [];

    private async Task<CreateDiskImageResponse> CreateAsync(CreateDiskImageRequest request, CancellationToken cancel)
    {
        var outcome = await AnswerAsync(() => create.RunAsync(NewDiskOf(request), cancel));
        return new CreateDiskImageResponse { Status = StatusOf(outcome), DiskPath = outcome.Path, FailureReason = outcome.Reason };
    }

    private async Task<DestroyDiskImageResponse> DestroyAsync(DestroyDiskImageRequest request, CancellationToken cancel)
    {
        var outcome = await AnswerAsync(() => destroy.RunAsync(VmId.Parse(request.CryptohomeId, request.VmName), cancel));
        return new DestroyDiskImageResponse { Status = StatusOf(outcome), FailureReason = outcome.Reason };
    }

    private Task<ListVmDisksResponse> ListAsync(ListVmDisksRequest request, CancellationToken cancel)
    {
        try
        {
            var only = request.VmName.Length > 0 ? VmId.ParseName(request.VmName) : (VmName?)null;
            if (request is { AllLocations: false, StorageLocation: not StorageLocation.StorageCryptohomeRoot })
            {
                // All disks that there are lie in that one location.
                return Task.FromResult(new ListVmDisksResponse { Success = true });
            }

            var disks = store.List(VmId.ParseOwner(request.CryptohomeId), only);
            return Task.FromResult(new ListVmDisksResponse
            {
                Success = true,
                Images = { disks.Select(DiskOf) },
                TotalSize = (ulong)disks.Sum(disk => disk.AllocatedBytes),
            });
        }
        catch (VmToolsException refused)
        {
            return Task.FromResult(new ListVmDisksResponse { FailureReason = refused.Message });
        }
    }

    /// <summary>The request as our record, checked as far as a request alone can be.</summary>
    /// <exception cref="VmToolsException">It asks for what makes no sense or is not offered.</exception>
    internal static NewDisk NewDiskOf(CreateDiskImageRequest request)
    {
        var id = VmId.Parse(request.CryptohomeId, request.VmName);
        NotOffered.Check(request);
        if (!Enum.IsDefined(request.AllocationType) || !Enum.IsDefined(request.FilesystemType))
        {
            throw Refused(
                $"There is no allocation_type {(int)request.AllocationType} or no filesystem_type {(int)request.FilesystemType}.");
        }

        var hasExt4 = request.FilesystemType == FilesystemType.Ext4;
        if (!hasExt4 && request.MkfsOpts.Count + request.Tune2FsOpts.Count > 0)
        {
            throw Refused("mkfs_opts and tune2fs_opts need the filesystem_type EXT4.");
        }

        return new NewDisk(id)
        {
            Size = (long)Math.Min(request.DiskSize, long.MaxValue),
            IsSparse = request.AllocationType == DiskImageAllocationType.DiskAllocationTypeSparse
                || (request.AllocationType == DiskImageAllocationType.DiskAllocationTypeAuto && request.DiskSize == 0),
            HasExt4 = hasExt4,
            FormatOptions = OptionsOf(request.MkfsOpts, "mkfs_opts"),
            TuneOptions = OptionsOf(request.Tune2FsOpts, "tune2fs_opts"),
            Type = (VmTools.Host.Vms.VmType)(int)request.VmType,
        };
    }

    /// <summary>A tool would take a word that is a path for another disk to work on.</summary>
    private static IReadOnlyList<string> OptionsOf(IReadOnlyCollection<string> options, string field) =>
        options.FirstOrDefault(option => option.Length == 0 || option[0] is '/' or '.') is { } path
            ? throw Refused($"'{Check(path, field)}' in {field} is neither an option nor the value of one.")
            : CheckAll(options, field);

    private static VmDiskInfo DiskOf(Disks.DiskImage disk) => new()
    {
        Name = disk.Name.Value,
        StorageLocation = StorageLocation.StorageCryptohomeRoot,
        Size = (ulong)disk.AllocatedBytes,
        ImageType = DiskImageType.DiskImageRaw,
        UserChosenSize = disk.HasUserChosenSize,
        Path = disk.Path,
        VmType = VmMessages.TypeOf(disk.Type ?? VmType.Unknown),
        HasVmType = disk.Type is not null,
    };

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
