using VmTools.Host.HostFacts;
using VmTools.Host.Sandbox;
using VmTools.Host.Vmc.Doctor;
using VmTools.Linux;

namespace VmTools.Unit.Host.Vmc.Doctor;

/// <summary>A machine with everything, from which a test takes things away.</summary>
internal sealed class FakeHost : IHostProbes
{
    internal HashSet<string> Programs { get; } =
        ["qemu-system-x86_64", "slirp4netns", "mkfs.ext4", "dbus-daemon", "mmdebstrap", "mkfs.erofs", "fakeroot", "cpio", "newuidmap"];

    internal Dictionary<string, string> Files { get; } = new(StringComparer.Ordinal)
    {
        ["/w/image/manifest.json"] = """{"version":"1.2.3","kernel":"6.12","hash":"abc"}""",
        ["/w/image/vmlinux"] = "",
        ["/w/image/initramfs.cpio"] = "",
        ["/w/image/rootfs.img"] = "",
        ["/w/bin/vm_concierge"] = "",
        ["/w/bin/vm_vsock"] = "",
        ["/etc/subuid"] = "u:100000:65536\n",
    };

    internal Dictionary<string, Errno> Devices { get; } = new(StringComparer.Ordinal) { ["/dev/kvm"] = Errno.None };

    public AcceleratorChoice Accelerator { get; set; } = new(VmTools.Host.HostFacts.Accelerator.Kvm, "Guests run with KVM.");

    public long? AvailableMiB { get; set; } = 4096;

    internal long Free { get; set; } = 100L << 30;

    /// <summary>What cannot be written to.</summary>
    internal HashSet<string> ReadOnly { get; } = [];

    internal HashSet<uint> UnknownUsers { get; } = [];

    internal Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public VmmChoice ChooseVmm() =>
        Programs.Contains("qemu-system-x86_64") || Variables.Count > 0
            ? VmmChoice.Make(name => Variables.GetValueOrDefault(name) ?? (name == "VMTOOLS_QEMU" ? "/bin/true" : null), Accelerator)
            : VmmChoice.Make(name => name == "PATH" ? "/nowhere" : null, Accelerator);

    public string? FindNetwork() => FindProgram("slirp4netns");

    public string? TryWrite(string directory) => ReadOnly.Contains(directory) ? "Read-only file system" : null;

    public string? TrySocket(string directory) => null;

    public bool IsKnownUser(uint uid) => !UnknownUsers.Contains(uid);

    public KernelLayers Layers { get; set; } = new(7, Errno.None, HasFilters: true);

    public string? NoOwnVmmUser { get; set; }

    public string? FindProgram(string name) => Programs.Contains(name) ? $"/usr/bin/{name}" : null;

    public bool Exists(string path) => Files.ContainsKey(path);

    public Errno TryOpen(string path) => Devices.GetValueOrDefault(path, Errno.ENOENT);

    public string Read(string path) => Files.GetValueOrDefault(path, "");

    public long FreeBytes(string path) => Free;
}
