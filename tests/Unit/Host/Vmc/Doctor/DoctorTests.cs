using VmTools.Host.HostFacts;
using VmTools.Host.Instance;
using VmTools.Host.Sandbox;
using VmTools.Host.Vmc;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Doctor;
using VmTools.Linux;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Doctor;

public sealed class DoctorTests : IDisposable
{
    private readonly string _runtime = Directory.CreateTempSubdirectory("vmtools-doctor-").FullName;
    private readonly FakeHost _host = new();

    [Fact]
    public void A_machine_with_everything_is_ready()
    {
        var (code, text) = Run();

        Assert.Equal(0, code);
        Assert.DoesNotContain("missing", text.Replace("until what is missing", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.EndsWith("VMs can be started: vmc start NAME\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_confines_each_program_is_told()
    {
        var (code, text) = Run();

        Assert.Equal(0, code);
        Assert.Matches(
            "ok +vm_vsock +no new privileges; no capabilities; system calls filtered; Landlock 7 \\(files, TCP, signals\\)\n", text);
        Assert.Matches("ok +QEMU +.*a user id of its own; system calls filtered; Landlock 7 \\(files, TCP, signals\\)\n", text);
        Assert.Matches(
            "ok +slirp4netns +no new privileges; no capabilities; system calls filtered; Landlock 7 \\(files, signals\\)\n", text);
        Assert.Matches("ok +vmlog_forwarder +.*; Landlock 7 \\(files and TCP\\)\n", text);
        Assert.Matches("ok +vm_cicerone +.*; Landlock 7 \\(files and TCP\\)\n", text);
        Assert.Matches("ok +vm_concierge +.*no Landlock: it opens the disks", text);
    }

    [Fact]
    public void A_QEMU_with_a_network_of_its_own_keeps_TCP()
    {
        _host.Programs.Remove("slirp4netns");

        Assert.Matches("ok +QEMU +.*; Landlock 7 \\(files, signals\\)\n", Run().Text);
    }

    [Theory]
    [InlineData(0, Errno.ENOSYS, "no Landlock (this kernel has none")]
    [InlineData(0, Errno.EOPNOTSUPP, "no Landlock (this kernel has it switched off: add landlock to lsm=")]
    [InlineData(0, Errno.EPERM, "no Landlock (the container we are in forbids it)")]
    [InlineData(3, Errno.None, "Landlock 3 (files; TCP needs Linux 6.7, signals 6.12)")]
    [InlineData(5, Errno.None, "Landlock 5 (files and TCP; signals need Linux 6.12)")]
    public void A_layer_that_the_kernel_lacks_is_a_note_with_the_reason(int landlock, Errno reason, string words)
    {
        _host.Layers = new KernelLayers(landlock, reason, HasFilters: true);
        _host.NoOwnVmmUser = "only root can give others away";

        var (code, text) = Run();

        Assert.Equal(0, code);
        Assert.Contains(words, text, StringComparison.Ordinal);
        Assert.Contains("your user id (only root can give others away)", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qemu-system-x86_64", "sudo apt-get install --no-install-recommends qemu-system-x86")]
    [InlineData("mkfs.ext4", "sudo apt-get install --no-install-recommends e2fsprogs")]
    [InlineData("dbus-daemon", "sudo apt-get install --no-install-recommends dbus-daemon")]
    public void A_program_that_a_start_needs_is_missing_with_the_command_that_brings_it(string program, string fix)
    {
        _host.Programs.Remove(program);

        var (code, text) = Run();

        Assert.Equal(1, code);
        Assert.Contains("missing  ", text, StringComparison.Ordinal);
        Assert.Contains($"mend it with: {fix}\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mmdebstrap", "mmdebstrap")]
    [InlineData("mkfs.erofs", "erofs-utils")]
    [InlineData("newuidmap", "uidmap")]
    public void A_tool_that_only_the_image_needs_is_a_note(string program, string package)
    {
        _host.Programs.Remove(program);

        var (code, text) = Run(withBuild: true);

        Assert.Equal(0, code);
        Assert.DoesNotContain(program, Run().Text, StringComparison.Ordinal);
        Assert.Contains($"note     {program} ", text, StringComparison.Ordinal);
        Assert.Contains($"--no-install-recommends {package}\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_kvm_the_reason_is_told_and_a_group_advised_only_where_it_would_help(bool hasFix)
    {
        _host.Accelerator = new AcceleratorChoice(Accelerator.Tcg, "Guests are emulated: a reason.") { IsKvmRefused = hasFix };
        _host.Devices["/dev/kvm"] = Errno.EACCES;

        var (code, text) = Run();

        Assert.Equal(0, code);
        Assert.Matches("note +kvm +Guests are emulated: a reason\\. That is several times slower", text);
        Assert.Equal(hasFix, text.Contains("usermod -aG kvm", StringComparison.Ordinal));
    }

    [Fact]
    public void What_lacks_of_the_image_is_named()
    {
        _host.Files.Remove("/w/image/rootfs.img");

        var (code, text) = Run();

        Assert.Equal(1, code);
        Assert.Contains("The guest image in /w/image lacks rootfs.img.", text, StringComparison.Ordinal);
        Assert.Contains("mend it with: make image", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_little_memory_is_missing_and_too_little_disk_a_note()
    {
        _host.AvailableMiB = 100;
        _host.Free = 1 << 20;

        var (code, text) = Run();

        Assert.Equal(1, code);
        Assert.Contains("missing  memory", text, StringComparison.Ordinal);
        Assert.Contains("note     disk", text, StringComparison.Ordinal);
    }

    /// <summary>1,024 MiB for the guest and 96 for the rest are there; the 128 that the emulator translates into are not.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void Memory_is_what_the_start_will_ask_for(bool hasKvm, int expected)
    {
        _host.Accelerator = new AcceleratorChoice(hasKvm ? Accelerator.Kvm : Accelerator.Tcg, "As the test says.");
        _host.AvailableMiB = 1200;

        Assert.Equal(expected, Run().Code);
    }

    [Fact]
    public void A_state_directory_that_cannot_be_written_to_is_missing()
    {
        _host.ReadOnly.Add("/w/state");

        var (code, text) = Run();

        Assert.Equal(1, code);
        Assert.Contains("missing  state", text, StringComparison.Ordinal);
        Assert.Contains("export VMTOOLS_STATE_DIR=", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_that_dbus_daemon_cannot_look_up_is_told()
    {
        _host.UnknownUsers.Add(1000);

        var (code, text) = Run();

        Assert.Equal(1, code);
        Assert.Contains("The user id 1000 has no entry in /etc/passwd", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("VMTOOLS_QEMU", "/nowhere/qemu", "There is no program '/nowhere/qemu', which VMTOOLS_QEMU names.")]
    [InlineData("VMTOOLS_VMM", "hyperv", "VMTOOLS_VMM is 'qemu' or 'crosvm', not 'hyperv'.")]
    public void The_variables_that_a_start_obeys_are_obeyed(string variable, string value, string sentence)
    {
        _host.Variables[variable] = value;

        var (code, text) = Run();

        Assert.Equal(1, code);
        Assert.Contains(sentence, text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_runtime_directory_that_cannot_be_used_is_missing()
    {
        var (code, text) = Run(runtime: "/proc/nothing");

        Assert.Equal(1, code);
        Assert.Contains("missing  runtime", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_runtime_directory_with_too_long_a_path_is_missing()
    {
        var (_, text) = Run(runtime: Path.Combine(_runtime, new string('x', 90)));

        Assert.Contains("Set VMTOOLS_RUNTIME_DIR to a shorter path.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Programs_get_names_states_and_fixes()
    {
        _host.Programs.Remove("qemu-system-x86_64");

        var (_, text) = Run(asJson: true);

        Assert.StartsWith("""
            {
              "is_ready": false,
              "findings": [
                {
                  "name": "vmm",
                  "state": "missing",
                  "detail": "There is no qemu-system-x86_64 on the PATH. Install it with 'apt install qemu-system-x86', or name it in VMTOOLS_QEMU.",
                  "fix": "sudo apt-get install --no-install-recommends qemu-system-x86"
                },
            """, text, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_runtime, recursive: true);

    private (int Code, string Text) Run(bool asJson = false, string? runtime = null, bool withBuild = false)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var instance = new HostInstance(
            1000, new InstanceDirectories(runtime ?? _runtime, "/w/state", "/w/image"), "/w/bin", TimeProvider.System)
        {
            Environment = name => name == "USER" ? "u" : null,
        };
        var console = new VmcConsole(output, TextWriter.Null, TextReader.Null) { JsonTypes = VmcJson.Answers };
        var code = new DoctorVerb(new VmcContext(instance, console), _host).Run(asJson, withBuild);
        return (code, output.ToString());
    }
}
