using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.Verbs;
using VmTools.Host.Concierge.Vms;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Concierge.Border;

/// <summary>What our own StartVm takes besides the original's request. A memory size of 0 leaves the choice to us.</summary>
internal readonly record struct StartExtras(uint MemoryMiB, bool ReachesHostLoopback)
{
    public static readonly StartExtras None;
}

/// <summary>The messages of concierge_service.proto as our records, checked as far as a request alone can be.</summary>
internal static class Requests
{
    private const int MostKernelParameters = 64;

    public static StartOrder StartOf(StartVmRequest request, IReadOnlyList<FdHandle> fds, StartExtras extras)
    {
        var id = VmId.Parse(request.OwnerId, request.Name);
        RefuseWhatIsNotOffered(request, id);
        if (request.Fds.Count != fds.Count)
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, $"The request names {request.Fds.Count} descriptors and carries {fds.Count}.");
        }

        return new StartOrder(id)
        {
            Type = (Vms.VmType)(int)request.VmType,
            MemoryMiB = MemoryOf(extras.MemoryMiB),
            ReachesHostLoopback = extras.ReachesHostLoopback,
            CpuCount = (int)Math.Min(request.Cpus, int.MaxValue),
            ReadyLimit = request.Timeout > 0 ? TimeSpan.FromSeconds(request.Timeout) : null,
            RootIsWritable = request.WritableRootfs,
            KernelParameters = [.. request.KernelParams],
            Disks = [.. request.Disks.Select(DiskOf)],
            Kernel = FdOf(request, fds, StartVmRequest.Types.FdType.Kernel),
            Initramfs = FdOf(request, fds, StartVmRequest.Types.FdType.Initrd),
            RootDisk = FdOf(request, fds, StartVmRequest.Types.FdType.Rootfs),
        };
    }

    public static NewDisk NewDiskOf(CreateDiskImageRequest request)
    {
        var id = VmId.Parse(request.CryptohomeId, request.VmName);
        if (request.ImageType is not (DiskImageType.DiskImageRaw or DiskImageType.DiskImageAuto)
            || request.StorageLocation != StorageLocation.StorageCryptohomeRoot)
        {
            throw NotOffered("disks other than raw images in the VM's own place");
        }

        if (request.CopyBaguetteImage)
        {
            throw NotOffered("a disk copied from a compressed image");
        }

        var isSparse = request.AllocationType == DiskImageAllocationType.DiskAllocationTypeSparse
            || (request.AllocationType == DiskImageAllocationType.DiskAllocationTypeAuto && request.DiskSize == 0);
        if (request.StorageBallooning && !isSparse)
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, "Storage ballooning needs a sparse disk.");
        }

        return new NewDisk(id)
        {
            Size = (long)Math.Min(request.DiskSize, long.MaxValue),
            IsSparse = isSparse,
            HasExt4 = request.FilesystemType == FilesystemType.Ext4,
            FormatOptions = [.. request.MkfsOpts],
            TuneOptions = [.. request.Tune2FsOpts],
            Type = (Vms.VmType)(int)request.VmType,
        };
    }

    private static long? MemoryOf(uint memoryMiB) => memoryMiB switch
    {
        0 => null,
        < (uint)ConciergeOptions.LeastMemoryMiB => throw new VmToolsException(
            ErrorKind.InvalidArgument, $"A VM cannot have {memoryMiB} MiB of memory: it needs {ConciergeOptions.LeastMemoryMiB} or more."),
        _ => memoryMiB,
    };

    private static void RefuseWhatIsNotOffered(StartVmRequest request, VmId id)
    {
        if (request.StartTermina)
        {
            throw NotOffered("the start of containers along with a VM (start_termina)");
        }

        if (request.Vm is { DlcId.Length: > 0 } or { ToolsDlcId.Length: > 0 } or { BiosDlcId.Length: > 0 })
        {
            throw NotOffered("VMs from downloadable content");
        }

        if (request.Disks.Count > DiskPreparation.MostDisks)
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, $"VM '{id}' cannot have more than {DiskPreparation.MostDisks} disks.");
        }

        if (request.KernelParams.Count > MostKernelParameters || request.KernelParams.Any(word => word.Any(char.IsControl)))
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, $"The kernel parameters of VM '{id}' are too many or hold control characters.");
        }

        if (!Enum.IsDefined((Vms.VmType)(int)request.VmType))
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, $"VM '{id}' has a type that does not exist ({(int)request.VmType}).");
        }
    }

    private static StartDisk DiskOf(Protocol.Messages.Concierge.DiskImage disk) => new(disk.Path, disk.Writable)
    {
        IsMounted = disk.DoMount,
        MountPoint = disk.MountPoint,
        FileSystem = disk.Fstype,
        Flags = disk.Flags,
        Options = disk.Data,
    };

    private static FdHandle? FdOf(StartVmRequest request, IReadOnlyList<FdHandle> fds, StartVmRequest.Types.FdType wanted)
    {
        var index = request.Fds.IndexOf(wanted);
        return index < 0 ? null : fds[index];
    }

    private static VmToolsException NotOffered(string what) =>
        new(ErrorKind.InvalidArgument, $"This version of vm_concierge does not offer {what}.");
}
