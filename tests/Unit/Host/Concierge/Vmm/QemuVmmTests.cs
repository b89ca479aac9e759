using VmTools.Host.Concierge.Vmm;
using VmTools.Host.HostFacts;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vmm;

public sealed class QemuVmmTests
{
    private static readonly QemuVmm Emulated = new(
        new VmmChoice(VmmChoice.Qemu, "/usr/bin/qemu-system-x86_64", new AcceleratorChoice(Accelerator.Tcg, "Because.")));
    private static readonly QemuVmm WithKvm = new(
        new VmmChoice(VmmChoice.Qemu, "/usr/bin/qemu-system-x86_64", new AcceleratorChoice(Accelerator.Kvm, "Because.")));

    [Fact]
    public void The_whole_line_of_an_emulated_machine()
    {
        string[] expected =
        [
            "/usr/bin/qemu-system-x86_64",
            "-name", "guest=termina,debug-threads=on",
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "q35,memory-backend=mem,dump-guest-core=off,sata=off,smbus=off,vmport=off,i8042=off",
            "-accel", "tcg,tb-size=128",
            "-cpu", "qemu64,+rdrand",
            "-smp", "1",
            "-m", "512M",
            "-object", "memory-backend-memfd,id=mem,size=512M,share=on,seal=on",
            "-kernel", "/image/vmlinux",
            "-append", "console=ttyS0 quiet panic=-1 nosoftlockup cryptomgr.notests noreplace-smp maitred.listen_port=7777",
            "-initrd", "/image/initramfs.cpio",
            "-blockdev",
            "driver=raw,node-name=disk0,read-only=on,discard=ignore,file.driver=file,file.discard=ignore,file.filename=/image/rootfs.img",
            "-device", "virtio-blk-pci,drive=disk0,serial=disk0,disable-legacy=on,werror=stop,rerror=report",
            "-object", "rng-builtin,id=rng",
            "-device", "virtio-rng-pci,rng=rng,disable-legacy=on",
            "-netdev", "user,id=net,ipv6=off",
            "-device", "virtio-net-pci,netdev=net,romfile=,disable-legacy=on",
            "-chardev", "socket,id=vsock,path=/run/vm/vhost",
            "-device", "vhost-user-vsock-pci,chardev=vsock",
            "-chardev", "socket,id=qmp,path=/run/vm/qmp,server=on,wait=off",
            "-mon", "chardev=qmp,mode=control",
            "-chardev", "socket,id=events,path=/run/vm/events,server=on,wait=off",
            "-mon", "chardev=events,mode=control",
            "-chardev", "socket,id=console,path=/run/vm/console",
            "-serial", "chardev:console",
        ];

        var command = Emulated.CommandFor(VmmConfigurations.Plain);

        Assert.Equal("/usr/bin/qemu-system-x86_64", command.Program);
        Assert.Equal(expected, command.Arguments);
    }

    [Fact]
    public void A_descriptor_of_frames_takes_the_place_of_QEMUs_own_network() =>
        Assert.Equal(
            "dgram,id=net,local.type=fd,local.str=4",
            After(Emulated.CommandFor(VmmConfigurations.Plain with { NetworkFd = 4 }).Arguments, "-netdev"));

    [Fact]
    public void With_KVM_the_host_processor_is_shown_and_no_word_is_for_emulation()
    {
        var arguments = WithKvm.CommandFor(VmmConfigurations.Plain with { CpuCount = 4 }).Arguments;

        Assert.Equal("kvm", After(arguments, "-accel"));
        Assert.Equal("host", After(arguments, "-cpu"));
        Assert.Equal("4", After(arguments, "-smp"));
        Assert.Equal("console=ttyS0 quiet panic=-1 nosoftlockup maitred.listen_port=7777", After(arguments, "-append"));
        Assert.False(WithKvm.Choice.IsEmulated);
        Assert.True(Emulated.Choice.IsEmulated);
    }

    [Fact]
    public void Several_emulated_processors_keep_their_locks()
    {
        var arguments = Emulated.CommandFor(VmmConfigurations.Plain with { CpuCount = 2 }).Arguments;

        Assert.DoesNotContain("noreplace-smp", After(arguments, "-append"));
    }

    [Fact]
    public void The_requests_own_words_come_last()
    {
        var arguments = Emulated.CommandFor(VmmConfigurations.Plain with { KernelParameters = ["a=1", "debug"] }).Arguments;

        Assert.EndsWith(" maitred.listen_port=7777 a=1 debug", After(arguments, "-append"));
    }

    [Fact]
    public void Disks_keep_their_order_and_writable_ones_give_back_what_is_discarded()
    {
        var arguments = Emulated.CommandFor(VmmConfigurations.Plain with
        {
            RootIsWritable = true,
            Disks = [new VmmDisk("/state/data.img", false), new VmmDisk("/state/tools.img", true)],
        }).Arguments;

        Assert.Equal(
        [
            "driver=raw,node-name=disk0,read-only=off,discard=unmap,file.driver=file,file.discard=unmap,file.filename=/image/rootfs.img",
            "driver=raw,node-name=disk1,read-only=off,discard=unmap,file.driver=file,file.discard=unmap,file.filename=/state/data.img",
            "driver=raw,node-name=disk2,read-only=on,discard=ignore,file.driver=file,file.discard=ignore,file.filename=/state/tools.img",
        ],
        AllAfter(arguments, "-blockdev"));
    }

    [Fact]
    public void A_disk_with_a_serial_number_shows_it_to_the_guest()
    {
        var arguments = Emulated.CommandFor(VmmConfigurations.Plain with
        {
            Disks = [new VmmDisk("/state/data.img", false), new VmmDisk("/image/penguin.img", true) { Serial = "vmtools-penguin" }],
        }).Arguments;

        Assert.Equal(
        [
            "virtio-blk-pci,drive=disk0,serial=disk0,disable-legacy=on,werror=stop,rerror=report",
            "virtio-blk-pci,drive=disk1,serial=disk1,disable-legacy=on,werror=stop,rerror=report",
            "virtio-blk-pci,drive=disk2,serial=vmtools-penguin,disable-legacy=on,werror=stop,rerror=report",
        ],
        AllAfter(arguments, "-device").Where(device => device.StartsWith("virtio-blk", StringComparison.Ordinal)));
    }

    [Fact]
    public void Commas_in_names_and_paths_are_doubled_and_cannot_add_an_option()
    {
        var arguments = Emulated.CommandFor(VmmConfigurations.Plain with
        {
            Name = "a,process=evil",
            RootDisk = "/d,read-only=off",
            ControlSocket = "/r,server=off",
            EventSocket = "/e,x",
            VsockSocket = "/v,x",
            ConsoleSocket = "/c,x",
        }).Arguments;

        Assert.Equal("guest=a,,process=evil,debug-threads=on", After(arguments, "-name"));
        Assert.EndsWith("file.filename=/d,,read-only=off", After(arguments, "-blockdev"));
        Assert.Equal(
            ["socket,id=vsock,path=/v,,x", "socket,id=qmp,path=/r,,server=off,server=on,wait=off",
                "socket,id=events,path=/e,,x,server=on,wait=off", "socket,id=console,path=/c,,x"],
            AllAfter(arguments, "-chardev"));
    }

    [Fact]
    public void Descriptors_are_named_by_their_numbers()
    {
        var arguments = Emulated.CommandFor(VmmConfigurations.Plain with
        {
            Kernel = "/proc/self/fd/3",
            RootDisk = "/proc/self/fd/4",
            RootDiskName = "/images/a,b c.img",
            ControlSocket = "/proc/self/fd/5",
            EventSocket = "/proc/self/fd/8",
            VsockSocket = "/proc/self/fd/6",
            ConsoleSocket = "/proc/self/fd/7",
        }).Arguments;

        Assert.Equal("/proc/self/fd/3", After(arguments, "-kernel"));
        Assert.Equal("fd=4,set=4,opaque=/images/a,,b c.img", After(arguments, "-add-fd"));
        Assert.EndsWith("file.filename=/dev/fdset/4", After(arguments, "-blockdev"));
        Assert.Equal(
            ["socket,id=vsock,fd=6", "socket,id=qmp,fd=5,server=on,wait=off", "socket,id=events,fd=8,server=on,wait=off",
            "socket,id=console,fd=7"], AllAfter(arguments, "-chardev"));
    }

    [Fact]
    public void Without_an_initramfs_or_a_console_their_arguments_are_left_out()
    {
        var arguments = Emulated.CommandFor(VmmConfigurations.Plain with { Initramfs = null, ConsoleSocket = null }).Arguments;

        Assert.DoesNotContain("-initrd", arguments);
        Assert.Equal("null", After(arguments, "-serial"));
    }

    private static string After(IReadOnlyList<string> arguments, string option) => AllAfter(arguments, option).First();

    private static IEnumerable<string> AllAfter(IReadOnlyList<string> arguments, string option) =>
        arguments.Zip(arguments.Skip(1)).Where(pair => pair.First == option).Select(pair => pair.Second);
}
