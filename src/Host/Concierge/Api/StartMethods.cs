using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vms.Start;
using VmTools.Host.HostFacts;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;
using static VmTools.Host.Concierge.Api.RequestText;

namespace VmTools.Host.Concierge.Api;

/// <summary>StartVm, of the original's interface and of our own. An expected failure is the answer's status and its reason.</summary>
internal sealed partial class StartMethods(StartVm start, ILogger log) : IMethodGroup
{
    /// <summary>A guest that needs longer than a day to get ready does not get ready.</summary>
    private const uint LongestTimeout = 24 * 60 * 60;

    public IEnumerable<ServedMethod> Methods =>
    [
        new("StartVm", "ayah", "ay", (request, cancel) => AnswerAsync(request, StartExtras.None, cancel)),
    ];

    public IEnumerable<ServedMethod> OwnMethods =>
    [
        new("StartVm", "ayahub", "ay", (request, cancel) => AnswerAsync(
            request, new StartExtras(request.Body.Number(2), request.Body.Flag(3)) { MayMakeDisk = true }, cancel))
        {
            InNames = ["request", "descriptors", "memory_mib", "host_loopback"],
            OutNames = ["response"],
        },
    ];

    private async Task<BusBody> AnswerAsync(BusRequest request, StartExtras extras, CancellationToken cancel) => BusBody.Of(
        (await StartAsync(OwnedObject.Read(StartVmRequest.Parser, request), request.Body.Fds(1), extras, cancel)).ToByteArray());

    private async Task<StartVmResponse> StartAsync(
        StartVmRequest request, IReadOnlyList<FdHandle> fds, StartExtras extras, CancellationToken cancel)
    {
        try
        {
            var vm = await start.RunAsync(SpecOf(request, fds, extras), cancel);
            return VmMessages.StartedAs(vm);
        }
        catch (DiskBusyException busy)
        {
            return new StartVmResponse { Status = VmStatus.DiskOpInProgress, FailureReason = busy.Message };
        }
        catch (VmToolsException refused)
        {
            LogStartFailed(VmName.TryParse(request.Name, out var name) ? name.Value : "(of no valid name)", refused.Message);
            return new StartVmResponse { Status = VmStatus.Failure, FailureReason = refused.Message };
        }
    }

    /// <summary>The request as our record, checked as far as a request alone can be.</summary>
    /// <exception cref="VmToolsException">It asks for what makes no sense or is not offered.</exception>
    internal static StartSpec SpecOf(StartVmRequest request, IReadOnlyList<FdHandle> fds, StartExtras extras)
    {
        var id = VmId.Parse(request.OwnerId, request.Name);
        if (request.Fds.Count != fds.Count)
        {
            throw Refused($"The request names {request.Fds.Count} descriptors and carries {fds.Count}.");
        }

        NotOffered.Check(request);
        return new StartSpec(id)
        {
            Type = (VmTools.Host.Vms.VmType)(int)request.VmType,
            MemoryMiB = MemoryOf(extras.MemoryMiB),
            StartsTermina = request.StartTermina,
            ReachesHostLoopback = extras.ReachesHostLoopback,
            CpuCount = (int)Math.Min(request.Cpus, int.MaxValue),
            ReadyLimit = ReadyLimitOf(request.Timeout),
            RootIsWritable = IsRootWritable(request),
            KernelParameters = KernelParametersOf(request, id),
            Disks = DisksOf(request, id, extras.MayMakeDisk),
            Kernel = FdOf(request, fds, StartVmRequest.Types.FdType.Kernel),
            Initramfs = FdOf(request, fds, StartVmRequest.Types.FdType.Initrd),
            RootDisk = FdOf(request, fds, StartVmRequest.Types.FdType.Rootfs),
        };
    }

    private static long? MemoryOf(uint memoryMiB) => memoryMiB switch
    {
        0 => null,
        < (uint)HostMemory.LeastVmMiB => throw Refused(
            $"A VM cannot have {memoryMiB} MiB of memory: it needs {HostMemory.LeastVmMiB} or more."),
        _ => memoryMiB,
    };

    private static TimeSpan? ReadyLimitOf(uint seconds) => seconds switch
    {
        0 => null,
        > LongestTimeout => throw Refused(
            $"A timeout of {seconds} s is too long: at most {LongestTimeout} s, which is a day, can be waited for a guest."),
        _ => TimeSpan.FromSeconds(seconds),
    };

    /// <summary>The image's root is erofs, which knows no writing, and its initramfs mounts every root read-only.</summary>
    private static bool IsRootWritable(StartVmRequest request) =>
        !request.WritableRootfs
        || (request.Fds.Contains(StartVmRequest.Types.FdType.Rootfs) && request.Fds.Contains(StartVmRequest.Types.FdType.Initrd))
            ? request.WritableRootfs
            : throw Refused(
                "The image's root file system cannot be written to, "
                + "so writable_rootfs (--writable-rootfs) needs a root disk and an initramfs of "
                + "your own (--rootfs and --initrd). What a guest of the image writes is kept below /mnt/stateful.");

    private static IReadOnlyList<string> KernelParametersOf(StartVmRequest request, VmId id)
    {
        var parameters = CheckAll(request.KernelParams, "A kernel parameter (kernel_params)");
        var bytes = Encoding.UTF8.GetByteCount(string.Join(' ', parameters));
        return bytes <= KernelCommandLine.RoomForRequest
            ? parameters
            : throw Refused(
                $"The kernel parameters of VM '{id}' (kernel_params) have {bytes} bytes together; "
                + $"at most {KernelCommandLine.RoomForRequest} fit, "
                + $"as a kernel reads {KernelCommandLine.MostBytes} and the VM's own take the rest.");
    }

    private static List<StartDisk> DisksOf(StartVmRequest request, VmId id, bool mayHaveOwn)
    {
        if (request.Disks.Count > DiskPreparation.MostDisks)
        {
            throw Refused($"VM '{id}' cannot have more than {DiskPreparation.MostDisks} disks.");
        }

        var disks = request.Disks.Select(DiskOf).ToList();
        var withoutPath = disks.FindIndex(disk => !disk.Path.StartsWith('/'));
        var isOwnFirst =
            mayHaveOwn && withoutPath == 0 && disks[0].Path.Length == 0 && disks.Skip(1).All(disk => disk.Path.StartsWith('/'));
        return withoutPath < 0 || isOwnFirst
            ? disks
            : throw Refused($"The path of disk {withoutPath + 1} (disks.path) does not begin with '/'.");
    }

    private static StartDisk DiskOf(Protocol.Messages.Concierge.DiskImage disk) => new(
        Check(disk.Path, "The path of a disk (disks.path)"), disk.Writable)
    {
        IsMounted = disk.DoMount,
        MountPoint = Check(disk.MountPoint, "A mount point (disks.mount_point)"),
        FileSystem = Check(disk.Fstype, "A file system's name (disks.fstype)"),
        Flags = disk.Flags,
        Options = Check(disk.Data, "The mount options of a disk (disks.data)"),
    };

    private static FdHandle? FdOf(StartVmRequest request, IReadOnlyList<FdHandle> fds, StartVmRequest.Types.FdType wanted)
    {
        var index = request.Fds.IndexOf(wanted);
        return index < 0 ? null : fds[index];
    }

    [LoggerMessage(3051, LogLevel.Warning, "VM {Vm} was not started: {Why}")]
    private partial void LogStartFailed(string vm, string why);
}

/// <summary>What our own StartVm takes besides the original's request. A memory size of 0 leaves the choice to us.</summary>
internal readonly record struct StartExtras(uint MemoryMiB, bool ReachesHostLoopback)
{
    public static readonly StartExtras None;

    /// <summary>A first disk without a path is the VM's own, which is made where there is none.</summary>
    public bool MayMakeDisk { get; init; }
}
