using VmTools.Host.Concierge.Vmm;
using VmTools.Host.HostFacts;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vmm;

public sealed class CrosvmVmmTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("vmt").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void The_whole_line_with_the_kernel_last()
    {
        var command = Crosvm("/usr/bin/crosvm").CommandFor(VmmConfigurations.Plain with
        {
            CpuCount = 2,
            KernelParameters = ["debug"],
            Disks = [new VmmDisk("/state/data.img", false)],
        });

        Assert.Equal(
        [
            "/usr/bin/crosvm", "--syslog-tag", "VM(35)", "run",
            "--cpus", "2",
            "--mem", "512",
            "--socket", "/run/vm/qmp",
            "--vhost-user", "vsock,socket=/run/vm/vhost",
            "--serial", "type=syslog,hardware=serial,num=1,console=true",
            "--params", "console=ttyS0 quiet panic=-1 nosoftlockup maitred.listen_port=7777 debug",
            "--block", "/image/rootfs.img,ro=true",
            "--block", "/state/data.img,ro=false",
            "-i", "/image/initramfs.cpio",
            "/image/vmlinux",
        ],
        command.Arguments);
    }

    [Fact]
    public void A_disk_that_the_guest_finds_by_its_serial_number_is_left_out()
    {
        var disk = new VmmDisk("/image/penguin.img", true) { Serial = "vmtools-penguin" };

        var arguments = Crosvm("crosvm").CommandFor(VmmConfigurations.Plain with { Disks = [disk] }).Arguments;

        Assert.DoesNotContain(arguments, argument => argument.Contains("penguin", StringComparison.Ordinal));
    }

    [Fact]
    public void A_path_with_meaning_characters_is_quoted()
    {
        var arguments = Crosvm("crosvm").CommandFor(VmmConfigurations.Plain with { RootDisk = "/a,ro=false \"b\"\\" }).Arguments;

        Assert.Contains("\"/a,ro=false \\\"b\\\"\\\\\",ro=true", arguments);
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("suspend")]
    [InlineData("resume")]
    public async Task Control_is_a_second_crosvm(string verb)
    {
        var vmm = Crosvm(Script("echo \"$@\" > $0.told"));

        await (verb switch
        {
            "stop" => vmm.QuitAsync("/run/vm/s", Cancel),
            "suspend" => vmm.PauseAsync("/run/vm/s", Cancel),
            _ => vmm.ResumeAsync("/run/vm/s", Cancel),
        });

        Assert.Equal($"{verb} /run/vm/s\n", await File.ReadAllTextAsync(Path.Combine(_directory, "crosvm.told"), Cancel));
    }

    [Fact]
    public async Task A_control_that_fails_or_hangs_is_the_callers_error()
    {
        var failing = await Assert.ThrowsAsync<VmToolsException>(() => Crosvm(Script("exit 1")).QuitAsync("/s", Cancel));
        Assert.Equal(ErrorKind.Unavailable, failing.Kind);

        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Crosvm(Script("exec sleep 60")).QuitAsync("/s", patience.Token));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>A stand-in for crosvm; the shell reads it, so that no other test's child can hold it open for writing.</summary>
    private string Script(string body)
    {
        var path = Path.Combine(_directory, "crosvm");
        using (var shell = System.Diagnostics.Process.Start(
            "/bin/sh", ["-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$2\"; chmod 700 \"$2\"", "sh", body, path]))
        {
            shell.WaitForExit();
        }

        return path;
    }

    private static CrosvmVmm Crosvm(string program) =>
        new(new VmmChoice(VmmChoice.Crosvm, program, new AcceleratorChoice(Accelerator.Kvm, "Because.")));
}
