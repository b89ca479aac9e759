using VmTools.Host.Concierge.Vmm;
using VmTools.Host.HostFacts;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>
/// Decides what a start is going to do, before anything is taken: which VMM, which image, and how much memory and how many CPUs.
/// <paramref name="memoryMiB"/> is the memory of a VM whose caller chose none.
/// </summary>
internal sealed class StartPlanner(IVmmLauncher vmms, GuestImages images, HostMemory memory, long memoryMiB)
{
    /// <exception cref="VmToolsException">The host has no VMM, no sound image, too little memory or too few CPUs.</exception>
    public StartPlan Plan(StartSpec spec)
    {
        var backEnd = vmms.Choose();
        var isImageUsed = spec.Kernel is null || spec.Initramfs is null || spec.RootDisk is null;
        var image = isImageUsed ? images.Check() : null;
        var wanted = spec.MemoryMiB ?? memoryMiB;
        memory.Check(wanted + backEnd.Choice.OverheadMiB);
        var passed = new List<FdHandle>();
        return new StartPlan(spec, backEnd)
        {
            MemoryMiB = wanted,
            CpuCount = CpuCountFor(spec, backEnd),
            Kernel = Pass(spec.Kernel, passed) ?? image!.Kernel,
            Initramfs = Pass(spec.Initramfs, passed) ?? image!.Initramfs,
            RootDisk = Pass(spec.RootDisk, passed) ?? image!.RootDisk,
            StockContainer = image?.StockContainer,
            PassFds = passed,
        };
    }

    /// <summary>Under emulation one virtual CPU boots faster than several, so a free choice is one there.</summary>
    private static int CpuCountFor(StartSpec spec, IVmmBackEnd backEnd)
    {
        var present = Environment.ProcessorCount;
        if (spec.CpuCount > present)
        {
            throw new VmToolsException(
                ErrorKind.InvalidArgument,
                $"VM '{spec.Id}' cannot have {spec.CpuCount} CPUs: this machine has {present}.");
        }

        return spec.CpuCount > 0 ? spec.CpuCount : backEnd.Choice.IsEmulated ? 1 : present;
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
