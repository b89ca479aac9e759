using System.Globalization;
using VmTools.DBus;
using VmTools.Host.Concierge;
using VmTools.Host.Concierge.Resources;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Doctor;

/// <summary>
/// Looks at everything a VM needs on this host, in the order in which a start needs it, and last at what only building the
/// guest image needs.
/// </summary>
internal sealed class Examination(IHostFacts facts, HostInstance instance)
{
    /// <summary>The stock VM and its VMM.</summary>
    private const long MemoryNeeded = (ConciergeOptions.DefaultMemoryMiB + HostMemory.OverheadMiB) << 20;

    /// <summary>Below this a VM starts, and soon has nowhere to write.</summary>
    private const long DiskWanted = 2L << 30;

    private static readonly string[] ImageFiles = ["vmlinux", "initramfs.cpio", "rootfs.img"];

    private static readonly string[] DaemonPrograms = ["vm_concierge", "vm_vsock"];

    private static readonly (string Program, string Package)[] ImagePrograms =
        [("mmdebstrap", "mmdebstrap"), ("mkfs.erofs", "erofs-utils"), ("fakeroot", "fakeroot"), ("cpio", "cpio")];

    public IReadOnlyList<Finding> Run() =>
    [
        Vmm(), Kvm(), Image(), Program("mkfs.ext4", "e2fsprogs", "puts a file system on a VM's disk"), Daemons(), SdBus(), Bus(),
        Runtime(), Disk(), Memory(), Vsock(), .. ImageTools(),
    ];

    private Finding Vmm() => (facts.FindProgram("qemu-system-x86_64"), facts.FindProgram("crosvm")) switch
    {
        ({ } qemu, null) => new Finding("vmm", Severity.Ok, $"QEMU: {qemu}"),
        ({ } qemu, { } crosvm) => new Finding("vmm", Severity.Ok, $"QEMU: {qemu}; crosvm: {crosvm}"),
        (null, { } crosvm) => new Finding("vmm", Severity.Note, $"crosvm: {crosvm}, which needs KVM; there is no qemu-system-x86_64.", Install("qemu-system-x86")),
        _ => new Finding("vmm", Severity.Missing, "There is no qemu-system-x86_64.", Install("qemu-system-x86")),
    };

    private Finding Kvm()
    {
        var choice = facts.Accelerator;
        return choice.Accelerator == Accelerator.Kvm
            ? new Finding("kvm", Severity.Ok, choice.Reason)
            : new Finding(
                "kvm", Severity.Note, $"{choice.Reason} That is several times slower, and works.",
                facts.TryOpen("/dev/kvm") is Errno.EACCES or Errno.EPERM ? $"{Sudo}usermod -aG kvm $USER   # then log in again" : null);
    }

    private Finding Image()
    {
        var directory = instance.Directories.Image;
        var manifest = ImageManifest.TryRead(facts.Read(Path.Combine(directory, "manifest.json")));
        var lacking = ImageFiles.Where(file => !facts.Exists(Path.Combine(directory, file))).ToArray();
        return manifest is null || lacking.Length > 0
            ? new Finding("image", Severity.Missing, $"The guest image in {directory} lacks {string.Join(", ", manifest is null ? [.. lacking, "manifest.json"] : lacking)}.", "make image")
            : new Finding("image", Severity.Ok, $"{directory}: version {manifest.Version}, kernel {manifest.Kernel}");
    }

    private Finding Daemons()
    {
        string[] lacking = [.. DaemonPrograms.Where(name => !facts.Exists(Path.Combine(instance.ProgramDirectory, name)))];
        return lacking.Length > 0
            ? new Finding("programs", Severity.Missing, $"{string.Join(" and ", lacking)} should stand beside vmc in {instance.ProgramDirectory}.", "make build")
            : new Finding("programs", Severity.Ok, $"vm_concierge and vm_vsock in {instance.ProgramDirectory}");
    }

    private Finding SdBus() => facts.HasSdBus
        ? new Finding("sd-bus", Severity.Ok, "libsystemd.so.0 loads")
        : new Finding("sd-bus", Severity.Missing, "libsystemd.so.0 cannot be loaded; no program of ours reaches a bus.", Install("libsystemd0"));

    private Finding Bus()
    {
        var session = BusAddress.Resolve("session", instance.Environment);
        return (session, facts.FindProgram("dbus-daemon")) switch
        {
            ({ } address, _) => new Finding("bus", Severity.Ok, $"the session bus at {address}"),
            (null, { } daemon) => new Finding("bus", Severity.Ok, $"no session bus; a private one is started with {daemon}"),
            _ => new Finding("bus", Severity.Missing, "There is no session bus, and no dbus-daemon to start a private one with.", Install("dbus-daemon")),
        };
    }

    private Finding Runtime()
    {
        try
        {
            instance.EnsureRuntime();
            return new Finding("runtime", Severity.Ok, instance.Directories.Runtime);
        }
        catch (VmToolsException refused)
        {
            return new Finding("runtime", Severity.Missing, refused.Message, "export VMTOOLS_RUNTIME_DIR=$(mktemp -d)");
        }
    }

    private Finding Disk()
    {
        var free = facts.FreeBytes(instance.Directories.State);
        var detail = $"{SizeText.Show((ulong)free)} free for disks in {instance.Directories.State}";
        return free >= DiskWanted
            ? new Finding("disk", Severity.Ok, detail)
            : new Finding("disk", Severity.Note, detail + ", which is little.", "export VMTOOLS_STATE_DIR=DIR   # a place with more room");
    }

    private Finding Memory()
    {
        var line = facts.Read("/proc/meminfo").Split('\n').FirstOrDefault(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal));
        if (line is null || !long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture, out var kibibytes))
        {
            return new Finding("memory", Severity.Note, "The kernel does not tell how much memory is free.");
        }

        var detail = $"{SizeText.Show((ulong)kibibytes << 10)} to spare; a stock VM takes {MemoryNeeded >> 20} MiB";
        return kibibytes << 10 >= MemoryNeeded
            ? new Finding("memory", Severity.Ok, detail)
            : new Finding("memory", Severity.Missing, detail + ".", "vmc stop --all   # or end other programs, or: vmc start NAME --mem 256");
    }

    private Finding Vsock() => facts.TryOpen("/dev/vhost-vsock") == Errno.None
        ? new Finding("vsock", Severity.Ok, "/dev/vhost-vsock opens; our own device in user space works without it")
        : new Finding("vsock", Severity.Ok, "/dev/vhost-vsock is not to be had, and not needed: vm_vsock is a device in user space");

    private IEnumerable<Finding> ImageTools()
    {
        foreach (var (program, package) in ImagePrograms)
        {
            yield return ForImage(program, package);
        }

        if (instance.Uid != 0)
        {
            yield return ForImage("newuidmap", "uidmap");
            yield return SubordinateIds();
        }
    }

    /// <summary>mmdebstrap maps these ids into its user name space, so that files get their owners without root.</summary>
    private Finding SubordinateIds()
    {
        var user = instance.Environment("USER") ?? instance.Uid.ToString(CultureInfo.InvariantCulture);
        var isListed = facts.Read("/etc/subuid").Split('\n').Any(line =>
            line.StartsWith(user + ":", StringComparison.Ordinal) || line.StartsWith($"{instance.Uid}:", StringComparison.Ordinal));
        return isListed
            ? new Finding("subuid", Severity.Ok, "/etc/subuid gives you ids of your own (for building the image)")
            : new Finding("subuid", Severity.Note, "/etc/subuid gives you no ids of your own; building the image as an ordinary user needs them.", $"sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}");
    }

    private Finding ForImage(string program, string package) => facts.FindProgram(program) is { } path
        ? new Finding(program, Severity.Ok, $"{path} (for building the image)")
        : new Finding(program, Severity.Note, $"There is no {program}; building the image needs it.", Install(package));

    private Finding Program(string program, string package, string purpose) => facts.FindProgram(program) is { } path
        ? new Finding(program, Severity.Ok, path)
        : new Finding(program, Severity.Missing, $"There is no {program}, which {purpose}.", Install(package));

    private string Sudo => instance.Uid == 0 ? "" : "sudo ";

    private string Install(string package) => $"{Sudo}apt-get install --no-install-recommends {package}";
}
