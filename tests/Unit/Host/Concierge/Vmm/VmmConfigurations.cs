using VmTools.Host.Concierge.Vmm;
using VmTools.Protocol;

namespace VmTools.Unit.Host.Concierge.Vmm;

/// <summary>A configuration with good defaults, of which a test changes what matters to it.</summary>
internal static class VmmConfigurations
{
    public static VmmConfiguration Plain { get; } = new()
    {
        Name = "termina",
        Cid = new Cid(35),
        CpuCount = 1,
        MemoryMiB = 512,
        Kernel = "/image/vmlinux",
        Initramfs = "/image/initramfs.cpio",
        RootDisk = "/image/rootfs.img",
        ControlSocket = "/run/vm/qmp",
        EventSocket = "/run/vm/events",
        VsockSocket = "/run/vm/vhost",
        ConsoleSocket = "/run/vm/console",
    };
}
