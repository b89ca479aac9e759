using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>What goes wrong for a user: one sentence that helps, an exit code, and nothing left behind.</summary>
public sealed class ErrorTests : MachineTests, IAsyncLifetime
{
    private Sandbox _sandbox = null!;

    public ValueTask InitializeAsync()
    {
        _sandbox = new Sandbox(nameof(ErrorTests));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task Without_an_image_it_says_how_to_make_one()
    {
        _sandbox["VMTOOLS_IMAGE_DIR"] = "/nonexistent";

        await FailsAsync("image", "start", "vm");
    }

    [Fact]
    public async Task Without_QEMU_it_says_what_to_install()
    {
        var tools = Directory.CreateDirectory(Path.Combine(_sandbox.Directory, "tools")).FullName;
        foreach (var tool in (string[])["dbus-daemon", "mkfs.ext4", "sh"])
        {
            File.CreateSymbolicLink(Path.Combine(tools, tool), WhereIs(tool));
        }

        _sandbox["PATH"] = tools;

        await FailsAsync("qemu", "start", "vm");
    }

    [Fact]
    public async Task More_memory_than_there_is_is_refused_before_anything_starts()
    {
        await FailsAsync("memory", "start", "vm", "--mem", "4000G");
    }

    [Fact]
    public async Task A_machine_that_runs_already_is_said_to_and_lives_on()
    {
        var vm = await _sandbox.StartVmAsync("taken");

        var again = await _sandbox.VmcAsync("start", "taken");

        Assert.Equal(0, again.Code);
        Assert.Contains("running already", again.Output, StringComparison.Ordinal);
        var shaped = await _sandbox.VmcAsync("start", "taken", "--cpus", "1", "--mem", "2G");
        Assert.Equal(0, shaped.Code);
        Assert.Contains("--cpus, --mem changed nothing", shaped.Errors, StringComparison.Ordinal);
        Assert.Equal(vm, _sandbox.Vm("taken"));
        Assert.Equal("alive\n", await _sandbox.InGuestAsync("taken", "echo alive"));
    }

    [Fact]
    public async Task What_would_not_be_done_is_refused_before_anything_starts()
    {
        await FailsAsync("writable_rootfs", "start", "vm", "--writable-rootfs");
        await FailsAsync("Borealis", "start", "vm", "--vm-type", "borealis");
        await FailsAsync("64063 bytes", ["start", "vm", .. Enumerable.Repeat($"--kernel-param={new string('x', 1000)}", 64)]);
    }

    [Fact]
    public async Task A_disk_with_data_behind_its_front_is_refused_and_kept()
    {
        var path = (await _sandbox.VmcAsync("disk", "create", "vm", "--size", "512M")).Output.Trim();
        await using (var image = File.OpenWrite(path))
        {
            image.Position = 200 << 20;
            image.Write("precious"u8);
        }

        var refused = await _sandbox.VmcAsync("start", "vm");

        Assert.True(refused.Code == 1, refused.ToString());
        Assert.Contains("from byte 209715200 on", refused.Errors, StringComparison.Ordinal);
        using var kept = File.OpenHandle(path);
        var bytes = new byte["precious"u8.Length];
        RandomAccess.Read(kept, bytes, 200 << 20);
        Assert.Equal("precious"u8, bytes);
    }

    [Fact]
    public async Task An_unknown_machine_is_named()
    {
        await FailsAsync("nowhere", "stop", "nowhere");
        await FailsAsync("nowhere", "info", "nowhere");
    }

    [Fact]
    public async Task An_image_that_is_no_image_is_refused_before_anything_starts()
    {
        await DamageImageAsync(keptBytes: 0);

        await FailsAsync("damaged", "start", "vm");
    }

    [Fact]
    public async Task A_root_file_system_that_the_guest_cannot_use_is_told_with_its_consoles_log()
    {
        await DamageImageAsync(keptBytes: 4096);

        await FailsAsync("console.log", "start", "vm");
    }

    [Fact]
    public async Task A_guest_that_does_not_get_ready_in_time_is_ended_and_its_console_shown()
    {
        await FailsAsync("console.log", "start", "vm", "--timeout", "1");
    }

    [Fact]
    public async Task An_interrupted_start_leaves_nothing_behind()
    {
        await _sandbox.VmcAsync("start", "warm", "--timeout", "1");
        var processes = _sandbox.Processes.Order().ToArray();
        using var starting = _sandbox.Command("vmc", "start", "vm").Start();
        await UntilAsync(() => _sandbox.Vms.Any(vm => vm.VmmPid != 0), "The VMM has not been started.");

        ProcessTable.Send(starting.Id, 2);

        await starting.WaitForExitAsync(Cancel).WaitAsync(Speed.Scale(20), Cancel);
        Assert.Equal(130, starting.ExitCode);
        await UntilAsync(() => _sandbox.Vms.Count == 0, "The interrupted VM is still known.");
        await UntilAsync(() => _sandbox.Processes.Order().SequenceEqual(processes), "Processes of the interrupted VM are left.");
    }

    [Fact]
    public async Task A_second_daemon_gives_way_with_a_sentence()
    {
        await _sandbox.VmcAsync("list");
        var line = ProcessTable.CommandLineOf(_sandbox.PidOf("vm_concierge"));
        var bus = line.Single(word => word.StartsWith("--bus=", StringComparison.Ordinal));

        var second = await _sandbox.Command("vm_concierge", bus).RunAsync();

        Assert.NotEqual(0, second.Code);
        Assert.NotEmpty(second.Errors);
        Assert.Equal(0, (await _sandbox.VmcAsync("list")).Code);
    }

    [Fact]
    public async Task A_full_disk_is_told_and_the_next_start_works_once_there_is_room()
    {
        Directory.CreateDirectory(_sandbox.State);
        await using var disk = await SmallFileSystem.MountAsync(_sandbox.State, "256k");
        await FailsAsync("space", "start", "vm");

        await disk.ResizeAsync("64m");
        await _sandbox.StartVmAsync("vm");
        Assert.Equal("written\n", await _sandbox.InGuestAsync("vm", "echo written > /mnt/stateful/note; cat /mnt/stateful/note"));
        await _sandbox.VmcAsync("stop", "vm");
    }

    /// <summary>A copy of the image whose root file system is zeros behind its first bytes.</summary>
    private async Task DamageImageAsync(int keptBytes)
    {
        var image = Directory.CreateDirectory(Path.Combine(_sandbox.Directory, "damaged")).FullName;
        await HostCommand.Of("cp", "-r", "--reflink=auto", $"{Repository.Image}/.", image).RunAsync();
        await using (var root = File.OpenWrite(Path.Combine(image, "rootfs.img")))
        {
            var length = root.Length;
            root.SetLength(keptBytes);
            root.SetLength(length);
        }

        _sandbox["VMTOOLS_IMAGE_DIR"] = image;
    }

    private async Task FailsAsync(string about, params string[] arguments)
    {
        var result = await _sandbox.VmcAsync(arguments);

        Assert.True(result.Code == 1, result.ToString());
        Assert.Contains(about, result.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(_sandbox.Vms);
        Assert.DoesNotContain(
            _sandbox.Files(), file =>
            file.Contains(".img", StringComparison.Ordinal) && file.StartsWith(_sandbox.State, StringComparison.Ordinal));
        Assert.DoesNotContain(
            _sandbox.Processes, pid =>
            ProcessTable.CommandLineOf(pid) is [var program, ..] && program.Contains("qemu", StringComparison.Ordinal));
    }

    private static async Task UntilAsync(Func<bool> happened, string orElse)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(20); !happened(); await Task.Delay(20, Cancel))
        {
            Assert.True(DateTime.UtcNow < end, orElse);
        }
    }

    private static string WhereIs(string tool) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Select(directory => Path.Combine(directory, tool))
            .First(File.Exists);
}
