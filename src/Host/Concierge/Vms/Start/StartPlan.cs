using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>What a start is going to do, decided and checked before anything is taken.</summary>
internal sealed record StartPlan
{
    /// <summary>The limit for a guest with hardware help; an emulated one takes several times as long.</summary>
    public static readonly TimeSpan DefaultReadyLimit = TimeSpan.FromSeconds(60);

    public const int EmulatedFactor = 3;

    private StartPlan(StartSpec order, IVmmBackEnd backEnd) => (Order, BackEnd) = (order, backEnd);

    public StartSpec Order { get; init; }

    public IVmmBackEnd BackEnd { get; }

    public required long MemoryMiB { get; init; }

    public required int CpuCount { get; init; }

    public required string Kernel { get; init; }

    public required string? Initramfs { get; init; }

    public required string RootDisk { get; init; }

    public required IReadOnlyList<FdHandle> PassFds { get; init; }

    public TimeSpan ReadyLimit =>
        Order.ReadyLimit ?? (BackEnd.Choice.IsEmulated ? DefaultReadyLimit * EmulatedFactor : DefaultReadyLimit);

    public static StartPlan For(StartSpec order, IVmmBackEnd backEnd, StartResources resources)
    {
        var isImageUsed = order.Kernel is null || order.Initramfs is null || order.RootDisk is null;
        var image = isImageUsed ? resources.Images.Check() : null;
        var memory = order.MemoryMiB ?? resources.MemoryMiB;
        resources.Memory.Check(memory + backEnd.Choice.OverheadMiB);
        var passed = new List<FdHandle>();
        return new StartPlan(order, backEnd)
        {
            MemoryMiB = memory,
            CpuCount = CpuCountFor(order, backEnd),
            Kernel = Pass(order.Kernel, passed) ?? image!.Kernel,
            Initramfs = Pass(order.Initramfs, passed) ?? image!.Initramfs,
            RootDisk = Pass(order.RootDisk, passed) ?? image!.RootDisk,
            PassFds = passed,
        };
    }

    /// <summary>The root disk's path where the VM writes to it; one that the caller passed is the caller's to keep for one VM.</summary>
    public string? WritableRoot => Order is { RootIsWritable: true, RootDisk: null } ? RootDisk : null;

    /// <summary>The locks are those of <see cref="DiskLocks"/>, which the VMM holds as long as it lives.</summary>
    public VmmConfiguration ConfigurationFor(VmPaths places, LaunchedNetwork? network, IReadOnlyList<FdHandle> locks) => new()
    {
        Name = Order.Id.Name.Value,
        Cid = places.Cid,
        CpuCount = CpuCount,
        MemoryMiB = MemoryMiB,
        Kernel = Kernel,
        Initramfs = Initramfs,
        RootDisk = RootDisk,
        RootIsWritable = Order.RootIsWritable,
        Disks = [.. Order.Disks.Select((disk, index) => new VmmDisk(disk.Path, !disk.IsWritable) { Locked = PassedFd.PathOf(PassFds.Count + index) })],
        KernelParameters = [.. GuestHostname.WordFor(Order.Id.Name), .. Order.KernelParameters],
        ControlSocket = places.ControlSocket,
        EventSocket = places.EventSocket,
        VsockSocket = places.VsockSocket,
        ConsoleSocket = places.ConsoleSocket,
        NetworkFd = network is null ? null : PassedFd.First + PassFds.Count + locks.Count,
        PassFds = [.. PassFds, .. locks, .. network is null ? Array.Empty<FdHandle>() : [network.VmmEnd]],
    };

    public VmRecord RecordFor(VmPaths places, string bootId, DateTimeOffset started) => new()
    {
        Owner = Order.Id.Owner.Value,
        Name = Order.Id.Name.Value,
        Cid = places.Cid.Value,
        BootId = bootId,
        Started = started,
        Type = Order.Type,
        MemoryMiB = MemoryMiB,
        BackEnd = BackEnd.Choice.Name,
        ControlSocket = places.ControlSocket,
        EventSocket = places.EventSocket,
        HostMemoryMiB = MemoryMiB + BackEnd.Choice.OverheadMiB,
    };

    /// <summary>Under emulation one virtual CPU boots faster than several, so a free choice is one there.</summary>
    private static int CpuCountFor(StartSpec order, IVmmBackEnd backEnd)
    {
        var present = Environment.ProcessorCount;
        if (order.CpuCount > present)
        {
            throw new VmToolsException(
                ErrorKind.InvalidArgument,
                $"VM '{order.Id}' cannot have {order.CpuCount} CPUs: this machine has {present}.");
        }

        return order.CpuCount > 0 ? order.CpuCount : backEnd.Choice.IsEmulated ? 1 : present;
    }

    /// <summary>The name by which the VMM opens a descriptor that it is passed.</summary>
    private static string? Pass(FdHandle? fd, List<FdHandle> passed)
    {
        if (fd is null)
        {
            return null;
        }

        passed.Add(fd);
        return PassedFd.PathOf(passed.Count - 1);
    }
}
