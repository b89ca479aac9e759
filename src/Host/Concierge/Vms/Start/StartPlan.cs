using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Vms;
using VmTools.Linux;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>What a start is going to do, decided and checked by <see cref="StartPlanner"/> before anything is taken.</summary>
internal sealed record StartPlan(StartSpec Spec, IVmmBackEnd BackEnd)
{
    /// <summary>The limit for a guest with hardware help; an emulated one takes several times as long.</summary>
    public static readonly TimeSpan DefaultReadyLimit = TimeSpan.FromSeconds(60);

    public const int EmulatedFactor = 3;

    /// <summary>The serial number by which the guest finds the disk of the stock container.</summary>
    private const string StockContainerSerial = "vmtools-penguin";

    public required long MemoryMiB { get; init; }

    public required int CpuCount { get; init; }

    public required string Kernel { get; init; }

    public required string? Initramfs { get; init; }

    public required string RootDisk { get; init; }

    /// <summary>As <see cref="GuestImage.StockContainer"/>; null where nothing of the image is used.</summary>
    public string? StockContainer { get; init; }

    public required IReadOnlyList<FdHandle> PassFds { get; init; }

    public TimeSpan ReadyLimit =>
        Spec.ReadyLimit ?? (BackEnd.Choice.IsEmulated ? DefaultReadyLimit * EmulatedFactor : DefaultReadyLimit);

    /// <summary>The root disk's path where the VM writes to it; one that the caller passed is the caller's to keep for one VM.</summary>
    public string? WritableRoot => Spec is { RootIsWritable: true, RootDisk: null } ? RootDisk : null;

    /// <summary>The locks are those of <see cref="DiskLocks"/>, which the VMM holds as long as it lives.</summary>
    public VmmConfiguration ConfigurationFor(VmPaths paths, LaunchedNetwork? network, IReadOnlyList<FdHandle> locks) => new()
    {
        Name = Spec.Id.Name.Value,
        Cid = paths.Cid,
        CpuCount = CpuCount,
        MemoryMiB = MemoryMiB,
        Kernel = Kernel,
        Initramfs = Initramfs,
        RootDisk = RootDisk,
        RootIsWritable = Spec.RootIsWritable,
        Disks =
        [
            .. Spec.Disks.Select((disk, index) => new VmmDisk(disk.Path, !disk.IsWritable)
            {
                Locked = PassedFd.PathOf(PassFds.Count + index),
            }),
            .. StockContainer is { } container
                ? [new VmmDisk(container, IsReadOnly: true) { Serial = StockContainerSerial }]
                : Array.Empty<VmmDisk>(),
        ],
        KernelParameters = [.. GuestHostname.ParameterFor(Spec.Id.Name), .. Spec.KernelParameters],
        ControlSocket = paths.ControlSocket,
        EventSocket = paths.EventSocket,
        VsockSocket = paths.VsockSocket,
        ConsoleSocket = paths.ConsoleSocket,
        NetworkFd = network is null ? null : PassedFd.First + PassFds.Count + locks.Count,
        PassFds = [.. PassFds, .. locks, .. network is null ? Array.Empty<FdHandle>() : [network.VmmEnd]],
    };

    public VmRecord RecordFor(VmPaths paths, string bootId, DateTimeOffset started) => new()
    {
        Owner = Spec.Id.Owner.Value,
        Name = Spec.Id.Name.Value,
        Cid = paths.Cid.Value,
        BootId = bootId,
        Started = started,
        Type = Spec.Type,
        MemoryMiB = MemoryMiB,
        BackEnd = BackEnd.Choice.Name,
        ControlSocket = paths.ControlSocket,
        EventSocket = paths.EventSocket,
        HostMemoryMiB = MemoryMiB + BackEnd.Choice.OverheadMiB,
    };
}
