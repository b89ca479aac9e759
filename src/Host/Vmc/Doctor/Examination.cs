using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.HostFacts;
using VmTools.Host.Instance;
using VmTools.Host.Vmc.Cli;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Doctor;

/// <summary>
/// Looks at everything a VM needs on this host, in the order in which a start needs it, by trying what a start will do.
/// </summary>
internal sealed class Examination(IHostProbes probes, HostInstance instance)
{
    /// <summary>Below this a VM starts, and soon has nowhere to write.</summary>
    private const long DiskWanted = 2L << 30;

    private static readonly string[] ImageFiles = ["vmlinux", "initramfs.cpio", "rootfs.img"];

    private static readonly string[] DaemonPrograms = ["vm_concierge", "vm_vsock"];

    private readonly Lazy<VmmChoice> _vmm = new(probes.ChooseVmm);

    public IReadOnlyList<Finding> Run() =>
    [
        Vmm(), Kvm(), Network(), Image(), Program("mkfs.ext4", "e2fsprogs", "puts a file system on a VM's disk"), Daemons(), Bus(),
        Runtime(), State(), Disk(), Memory(), Vsock(), .. SandboxFindings.Of(
            probes.Layers, probes.NoOwnVmmUser, probes.FindNetwork() is not null),
    ];

    private Finding Vmm()
    {
        try
        {
            return new Finding("vmm", Severity.Ok, _vmm.Value.Explanation);
        }
        catch (VmToolsException none)
        {
            return new Finding(
                "vmm",
                Severity.Missing,
                none.Message,
                probes.FindProgram("qemu-system-x86_64") is null ? Install("qemu-system-x86") : null);
        }
    }

    private Finding Kvm()
    {
        try
        {
            var choice = probes.Accelerator;
            return choice.Accelerator == Accelerator.Kvm
                ? new Finding("kvm", Severity.Ok, choice.Reason)
                : new Finding(
                    "kvm", Severity.Note, $"{choice.Reason} That is several times slower, and works.",
                    choice.IsKvmRefused ? $"{Sudo}usermod -aG kvm $USER   # then log in again" : null);
        }
        catch (VmToolsException mistake)
        {
            return new Finding("kvm", Severity.Missing, mistake.Message);
        }
    }

    private Finding Network() => probes.FindNetwork() is { } program
        ? new Finding(
            "network", Severity.Ok, $"{program}; guests do not reach this machine's loopback unless they are started with --host-loopback")
        : new Finding(
            "network", Severity.Note,
                "There is no slirp4netns, so guests get the VMM's own network, by which they reach services on this machine's loopback.",
            Install("slirp4netns"));

    private Finding Image()
    {
        var directory = instance.Directories.Image;
        var manifest = ImageManifest.TryRead(probes.Read(Path.Combine(directory, "manifest.json")));
        var lacking = ImageFiles.Where(file => !probes.Exists(Path.Combine(directory, file))).ToArray();
        return manifest is null || lacking.Length > 0
            ? new Finding(
                "image", Severity.Missing,
                $"The guest image in {directory} lacks {string.Join(", ", manifest is null ? [.. lacking, "manifest.json"] : lacking)}.",
                "make image")
            : new Finding("image", Severity.Ok, $"{directory}: version {manifest.Version}, kernel {manifest.Kernel}");
    }

    private Finding Daemons()
    {
        string[] lacking = [.. DaemonPrograms.Where(name => !probes.Exists(Path.Combine(instance.ProgramDirectory, name)))];
        return lacking.Length > 0
            ? new Finding(
                "programs", Severity.Missing, $"{string.Join(" and ", lacking)} should stand beside vmc in {instance.ProgramDirectory}.",
                "make build")
            : new Finding("programs", Severity.Ok, $"vm_concierge and vm_vsock in {instance.ProgramDirectory}");
    }

    private Finding Bus()
    {
        var session = BusAddress.Resolve("session", instance.Environment);
        return (session, probes.FindProgram("dbus-daemon")) switch
        {
            ({ } address, _) => new Finding("bus", Severity.Ok, $"the session bus at {address}"),
            (null, { }) when !probes.IsKnownUser(instance.Uid) =>
                new Finding("bus", Severity.Missing, PrivateBus.UnknownUser(instance.Uid), PrivateBus.UserEntry(instance.Uid)),
            (null, { } daemon) => new Finding("bus", Severity.Ok, $"no session bus; a private one is started with {daemon}"),
            _ => new Finding(
                "bus",
                Severity.Missing,
                "There is no session bus, and no dbus-daemon to start a private one with.",
                Install("dbus-daemon")),
        };
    }

    private Finding Runtime()
    {
        try
        {
            var directory = instance.Directories.Runtime;
            instance.EnsureRuntime();
            return (probes.TryWrite(directory) ?? probes.TrySocket(directory)) is { } reason
                ? new Finding(
                    "runtime", Severity.Missing, $"Files and sockets cannot be made in {directory}: {reason}",
                    "export VMTOOLS_RUNTIME_DIR=$(mktemp -d)")
                : new Finding("runtime", Severity.Ok, $"{directory}: files, locks and sockets can be made there");
        }
        catch (VmToolsException refused)
        {
            return new Finding("runtime", Severity.Missing, refused.Message, "export VMTOOLS_RUNTIME_DIR=$(mktemp -d)");
        }
    }

    private Finding State()
    {
        var directory = instance.Directories.State;
        return probes.TryWrite(directory) is { } reason
            ? new Finding(
                "state", Severity.Missing, $"Nothing can be written to {directory}, where disks and logs are kept: {reason}",
                "export VMTOOLS_STATE_DIR=DIR   # a place that you can write to")
            : new Finding("state", Severity.Ok, $"{directory}: files and locks can be made there");
    }

    private Finding Disk()
    {
        var free = probes.FreeBytes(instance.Directories.State);
        var detail = $"{SizeText.Show((ulong)free)} free for disks in {instance.Directories.State}";
        return free >= DiskWanted
            ? new Finding("disk", Severity.Ok, detail)
            : new Finding("disk", Severity.Note, detail + ", which is little.", "export VMTOOLS_STATE_DIR=DIR   # a place with more room");
    }

    private Finding Memory()
    {
        if (probes.AvailableMiB is not { } available)
        {
            return new Finding("memory", Severity.Note, "The kernel does not tell how much memory is free.");
        }

        var needed = HostMemory.DefaultVmMiB + OverheadMiB();
        var detail = $"{SizeText.Show((ulong)available << 20)} to spare; a stock VM takes {needed} MiB";
        return available >= needed
            ? new Finding("memory", Severity.Ok, detail)
            : new Finding(
                "memory", Severity.Missing, detail + ".", "vmc stop --all   # or end other programs, or: vmc start NAME --mem 256");
    }

    /// <summary>What the VMM of a start would take; the least that any takes where there is none.</summary>
    private long OverheadMiB()
    {
        try
        {
            return _vmm.Value.OverheadMiB;
        }
        catch (VmToolsException)
        {
            return HostMemory.OverheadMiB;
        }
    }

    private Finding Vsock() => probes.TryOpen("/dev/vhost-vsock") == Errno.None
        ? new Finding("vsock", Severity.Ok, "/dev/vhost-vsock opens; our own device in user space works without it")
        : new Finding("vsock", Severity.Ok, "/dev/vhost-vsock is not to be had, and not needed: vm_vsock is a device in user space");

    private Finding Program(string program, string package, string purpose) => probes.FindProgram(program) is { } path
        ? new Finding(program, Severity.Ok, path)
        : new Finding(program, Severity.Missing, $"There is no {program}, which {purpose}.", Install(package));

    private string Sudo => instance.Uid == 0 ? "" : "sudo ";

    private string Install(string package) => $"{Sudo}apt-get install --no-install-recommends {package}";
}
