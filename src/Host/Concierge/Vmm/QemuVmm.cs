using System.Globalization;
using VmTools.Host.Concierge.Vmm.Qmp;
using VmTools.Host.HostFacts;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>
/// QEMU (qemu(1)), the VMM of every distribution, with KVM or without. The machine is q35 with nothing on it but virtio devices and
/// one serial port; the kernel is entered by PVH. It is told everything on its command line and controlled over QMP.
/// </summary>
internal sealed class QemuVmm(VmmChoice choice) : IVmmBackEnd
{
    /// <summary>The emulated processor lacks a random instruction by default; the guest's pool would take seconds to fill.</summary>
    private const string EmulatedCpu = "qemu64,+rdrand";

    public VmmChoice Choice => choice;

    public bool TakesFrames => true;

    public bool TakesDescriptors => true;

    public VmmCommand CommandFor(VmmConfiguration configuration)
    {
        var arguments = new QemuArguments(choice.Program);
        AddMachine(arguments, configuration);
        AddKernel(arguments, configuration);
        AddDisks(arguments, configuration);
        AddDevices(arguments, configuration);
        AddEvents(arguments, configuration);
        AddConsole(arguments, configuration);
        return new VmmCommand(choice.Program, arguments.All);
    }

    public async Task<IVmmMonitor?> MonitorAsync(string eventSocket, CancellationToken cancel) =>
        new QmpMonitor(await QmpClient.ConnectAsync(eventSocket, cancel));

    public async Task QuitAsync(string controlSocket, CancellationToken cancel)
    {
        await using var monitor = await QmpClient.ConnectAsync(controlSocket, cancel);
        try
        {
            await monitor.ExecuteAsync("quit", cancel);
        }
        catch (VmToolsException gone) when (gone.Kind == ErrorKind.Unavailable)
        {
            // It ended before its answer was out, which is what was asked for.
        }
    }

    public Task PauseAsync(string controlSocket, CancellationToken cancel) => TellAsync(controlSocket, "stop", cancel);

    public Task ResumeAsync(string controlSocket, CancellationToken cancel) => TellAsync(controlSocket, "cont", cancel);

    private static async Task TellAsync(string controlSocket, string command, CancellationToken cancel)
    {
        await using var monitor = await QmpClient.ConnectAsync(controlSocket, cancel);
        await monitor.ExecuteAsync(command, cancel);
    }

    private void AddMachine(QemuArguments arguments, VmmConfiguration configuration)
    {
        var isKvm = !choice.IsEmulated;
        arguments
            .AddList("-name", $"guest={configuration.Name},debug-threads=on")

            // QEMU starts no program and becomes no other user; what takes it over has no more than its open files.
            .Add("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny")
            .Add("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot")
            .Add("-machine", "q35,memory-backend=mem,dump-guest-core=off,sata=off,smbus=off,vmport=off,i8042=off")
            .Add("-accel", isKvm ? "kvm" : string.Create(CultureInfo.InvariantCulture, $"tcg,tb-size={VmmChoice.TranslationBufferMiB}"))
            .Add("-cpu", isKvm ? "host" : EmulatedCpu)
            .Add("-smp", configuration.CpuCount.ToString(CultureInfo.InvariantCulture))
            .AddList("-m", $"{configuration.MemoryMiB}M")

            // The vsock device maps this memory: it must be a file, shared, and unable to shrink under the device.
            .AddList("-object", $"memory-backend-memfd,id=mem,size={configuration.MemoryMiB}M,share=on,seal=on");
    }

    private void AddKernel(QemuArguments arguments, VmmConfiguration configuration)
    {
        arguments.Add("-kernel", configuration.Kernel, "-append", KernelCommandLine.For(configuration, choice.Accelerator.Accelerator));
        if (configuration.Initramfs is { } initramfs)
        {
            arguments.Add("-initrd", initramfs);
        }
    }

    private static void AddDisks(QemuArguments arguments, VmmConfiguration configuration)
    {
        AddDisk(arguments, 0, new VmmDisk(configuration.RootDisk, !configuration.RootIsWritable) { Name = configuration.RootDiskName });
        for (var i = 0; i < configuration.Disks.Count; i++)
        {
            AddDisk(arguments, i + 1, configuration.Disks[i]);
        }
    }

    /// <summary>
    /// The host's page cache is used and the guest's flushes reach the disk: safe, and VMs share what they read of one root
    /// disk. What the guest discards is given back to the host. QEMU's own locks keep a second VM off a writable disk.
    /// A write that fails stops the guest, whatever the error (by default QEMU stops for ENOSPC, but not for a quota): the
    /// guest's kernel would throw the page away, and a guest that was stopped has it written once there is room. A read that
    /// fails is the guest's to deal with: nothing is lost by it, and one bad sector must not keep the whole disk away.
    /// </summary>
    private static void AddDisk(QemuArguments arguments, int index, VmmDisk disk)
    {
        var (readOnly, discard) = disk.IsReadOnly ? ("on", "ignore") : ("off", "unmap");
        var file = disk.Path;
        if (PassedFd.NumberIn(disk.Path) is { } fd)
        {
            arguments.Add("-add-fd", disk.Name is { } name ? $"fd={fd},set={fd},{DiskUsers.MarkOf(name)}" : $"fd={fd},set={fd}");
            file = $"/dev/fdset/{fd}";
        }

        var serial = disk.Serial ?? string.Create(CultureInfo.InvariantCulture, $"disk{index}");
        var format = $"driver=raw,node-name=disk{index},read-only={readOnly},discard={discard}";
        arguments
            .Add("-blockdev", $"{format},file.driver=file,file.discard={discard},file.filename={QemuArguments.Escape(file)}")
            .AddList("-device", $"virtio-blk-pci,drive=disk{index},serial={serial},disable-legacy=on,werror=stop,rerror=report");
    }

    private static void AddDevices(QemuArguments arguments, VmmConfiguration configuration) => arguments
        .Add("-object", "rng-builtin,id=rng")
        .Add("-device", "virtio-rng-pci,rng=rng,disable-legacy=on")
        .Add("-netdev", NetworkFor(configuration.NetworkFd))
        .Add("-device", "virtio-net-pci,netdev=net,romfile=,disable-legacy=on")

        // Not to be connected again: QEMU 7.2 cannot start the device with "reconnect", and a new device process knows no streams.
        .Add("-chardev", $"socket,id=vsock,{Socket(configuration.VsockSocket)}")
        .Add("-device", "vhost-user-vsock-pci,chardev=vsock")
        .Add("-chardev", $"socket,id=qmp,{Socket(configuration.ControlSocket)},server=on,wait=off")
        .Add("-mon", "chardev=qmp,mode=control");

    /// <summary>QEMU's own user-mode network leads 10.0.2.2 to the host's loopback and has no option against it.</summary>
    private static string NetworkFor(int? fd) =>
        fd is null ? "user,id=net,ipv6=off" : string.Create(CultureInfo.InvariantCulture, $"dgram,id=net,local.type=fd,local.str={fd}");

    /// <summary>QEMU serves one client at a time, and a listener must not keep the commands out.</summary>
    private static void AddEvents(QemuArguments arguments, VmmConfiguration configuration)
    {
        if (configuration.EventSocket is { } socket)
        {
            arguments.Add("-chardev", $"socket,id=events,{Socket(socket)},server=on,wait=off").Add("-mon", "chardev=events,mode=control");
        }
    }

    private static string Socket(string path) =>
        PassedFd.NumberIn(path) is { } fd ? $"fd={fd}" : $"path={QemuArguments.Escape(path)}";

    /// <summary>QEMU's own log file has no limit, so the device's process keeps one; where that ends, the output is dropped.</summary>
    private static void AddConsole(QemuArguments arguments, VmmConfiguration configuration)
    {
        if (configuration.ConsoleSocket is { } socket)
        {
            arguments.Add("-chardev", $"socket,id=console,{Socket(socket)}").Add("-serial", "chardev:console");
        }
        else
        {
            arguments.Add("-serial", "null");
        }
    }
}
