using VmTools.Host.Bus;
using VmTools.Host.Vmc;
using VmTools.Host.Vmc.Cli;
using VmTools.Protocol.Messages.Concierge;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Machines;

public sealed class VerbTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_creates_the_disk_shows_the_steps_and_reports_the_vm()
    {
        await using var daemon = await FakeConcierge.StartAsync();

        var run = await daemon.RunAsync("start", "demo", "--cpus", "2", "--timeout", "99", "--kernel-param", "a=b");

        Assert.Equal(0, run.Code);
        Assert.Matches(@"^VM 'demo' is running \(CID 32, 512 MiB, pid 77\) after \d+\.\d s\.\n$", run.Output);
        Assert.Matches(@"^ +\d+\.\d s  Booting the guest\nOpen a shell in it with: vsh demo\n$", run.Error);
        Assert.Equal(["StartVm"], daemon.Calls);
        Assert.Equal(
            ("demo", 2u, 99u, daemon.Instance.Owner.Value), (
            daemon.Started!.Name, daemon.Started.Cpus, daemon.Started.Timeout, daemon.Started.OwnerId));
        Assert.Equal(["a=b"], daemon.Started.KernelParams);
        var disk = Assert.Single(daemon.Started.Disks);
        Assert.Equal(("", true, "/mnt/stateful"), (disk.Path, disk.Writable, disk.MountPoint));
    }

    [Fact]
    public async Task Start_passes_files_as_descriptors_in_the_order_it_names_them()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        var file = Path.GetFullPath(Path.Combine(daemon.Instance.Directories.State, "..", "file"));
        await File.WriteAllTextAsync(file, "x", Cancel);

        var run = await daemon.RunAsync("start", "demo", "--initrd", file, "--kernel", file, "--extra-disk", file);

        Assert.Equal(0, run.Code);
        Assert.Equal([StartVmRequest.Types.FdType.Kernel, StartVmRequest.Types.FdType.Initrd], daemon.Started!.Fds);
        Assert.Equal(2, daemon.FdsOfStart);
        Assert.Equal(Path.GetFullPath(file), daemon.Started.Disks[1].Path);
    }

    [Fact]
    public async Task A_file_that_does_not_exist_is_named_before_anything_is_asked()
    {
        await using var daemon = await FakeConcierge.StartAsync();

        var run = await daemon.RunAsync("start", "demo", "--kernel", "/nonexistent/vmlinux");

        Assert.Equal(new VmcRun(1, "", "vmc: There is no file '/nonexistent/vmlinux'.\n"), run);
        Assert.Empty(daemon.Calls);
    }

    [Fact]
    public async Task A_start_that_fails_gives_the_daemons_own_reason()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.StartFailure = "There is no guest image.";

        var run = await daemon.RunAsync("start", "demo");

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.EndsWith("vmc: There is no guest image.\n", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("StopVm", daemon.Calls);
    }

    [Fact]
    public async Task A_vm_that_runs_already_is_left_as_it_is()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.AddRunning("demo", 33);

        var run = await daemon.RunAsync("start", "demo");

        Assert.Equal(new VmcRun(0, "VM 'demo' is running already (CID 33).\n", ""), run);
        Assert.Empty(daemon.Calls);
    }

    [Fact]
    public async Task Options_that_a_running_vm_does_not_take_are_named()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.AddRunning("demo", 33);

        var run = await daemon.RunAsync("start", "demo", "--mem", "2G", "--cpus", "2", "--timeout", "9");

        Assert.Equal((0, "VM 'demo' is running already (CID 33).\n"), (run.Code, run.Output));
        Assert.StartsWith(
            "vmc: --cpus, --mem changed nothing: the VM keeps what it was started with.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_start_stops_what_it_began_and_ends_with_130()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.Hold = new TaskCompletionSource();
        using var interrupt = new CancellationTokenSource();
        var running = VmcRun.OfAsync(daemon.Instance, ["start", "demo"], interrupt.Token);
        await daemon.StartEntered.Task;

        await interrupt.CancelAsync();

        var run = await running;
        Assert.Equal((130, ""), (run.Code, run.Output));
        Assert.EndsWith("Interrupted; stopping VM 'demo'.\n", run.Error, StringComparison.Ordinal);
        Assert.Equal("StopVm", daemon.Calls[^1]);
    }

    [Fact]
    public async Task Stop_of_a_vm_that_does_not_run_is_an_error()
    {
        await using var daemon = await FakeConcierge.StartAsync();

        var run = await daemon.RunAsync("stop", "demo");

        Assert.Equal(new VmcRun(1, "", "vmc: VM 'demo' does not run. 'vmc list' shows your VMs.\n"), run);
    }

    [Fact]
    public async Task Stop_all_stops_each_and_fails_when_one_stays()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.AddRunning("demo", 32);
        daemon.AddRunning("stubborn", 33);

        var run = await daemon.RunAsync("stop", "--all");

        Assert.Equal((1, "VM 'demo' is stopped.\n"), (run.Code, run.Output));
        Assert.Contains("s  demo: Asking the guest\n", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("vmc: VM 'stubborn' does not end.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_shows_its_steps_and_says_where_it_had_to_force()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.AddRunning("demo", 32);
        daemon.Forced = "VM 'demo' did not switch itself off within 19 s and was ended; its disk will be checked at the next start.";

        var run = await daemon.RunAsync("stop", "demo");

        Assert.Equal((0, "VM 'demo' is stopped.\n"), (run.Code, run.Output));
        Assert.Matches(@"^ +\d+\.\d s  Asking the guest\nvmc: VM 'demo' did not switch itself off within 19 s", run.Error);
    }

    [Fact]
    public async Task A_stop_by_force_is_asked_for_and_told_to_programs()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.AddRunning("demo", 32);
        daemon.Forced = "It was ended.";

        var run = await daemon.RunAsync("stop", "demo", "--force", "--json");

        Assert.Equal(0, run.Code);
        Assert.Equal(["StopVm by force"], daemon.Calls);
        Assert.Contains("\"forced\": true,\n  \"reason\": \"It was ended.\"", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_that_knows_only_the_originals_calls_can_be_listed_started_and_stopped()
    {
        await using var daemon = await FakeConcierge.StartAsync(isOld: true);
        daemon.AddRunning("demo", 32);

        Assert.Contains("running", (await daemon.RunAsync("list")).Output, StringComparison.Ordinal);
        Assert.Equal("VM 'demo' is running already (CID 32).\n", (await daemon.RunAsync("start", "demo")).Output);
        Assert.Equal(new VmcRun(0, "VM 'demo' is stopped.\n", ""), await daemon.RunAsync("stop", "demo"));
    }

    [Theory]
    [InlineData("stopping")]
    [InlineData("starting")]
    public async Task A_start_of_a_vm_that_comes_or_goes_is_left_to_the_daemon_which_waits(string state)
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.AddRunning("demo", 33);
        daemon.States.Add(new VmStateReport("demo", state) { Cid = 33 });

        var run = await daemon.RunAsync("start", "demo");

        Assert.StartsWith("VM 'demo' is running (CID 32,", run.Output, StringComparison.Ordinal);
        Assert.Equal(["StartVm"], daemon.Calls);
    }

    [Fact]
    public async Task A_vm_that_never_logged_and_one_that_is_not_are_told_apart()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.AddDisk("demo", 1 << 20);

        Assert.Equal(new VmcRun(0, "", "VM 'demo' has logged nothing.\n"), await daemon.RunAsync("logs", "demo"));
        Assert.Equal(
            new VmcRun(1, "", "vmc: There is no VM 'dome', and no log of one. 'vmc list' shows your VMs.\n"), await daemon.RunAsync(
                "logs", "dome"));
    }

    [Theory]
    [InlineData("y\n", 0)]
    [InlineData("yes\n", 0)]
    [InlineData("Y\n", 1)]
    [InlineData("\n", 1)]
    [InlineData("", 1)]
    public async Task Destroying_a_disk_asks_first(string answer, int code)
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.AddDisk("demo", 1 << 20);

        var run = await VmcRun.OfAsync(daemon.Instance, ["disk", "destroy", "demo"], Cancel, answer);

        Assert.Equal(code, run.Code);
        Assert.Equal(code == 0 ? 0 : 1, daemon.Disks.Count);
    }

    [Fact]
    public async Task A_question_that_is_interrupted_destroys_nothing_and_ends_with_130()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        using var interrupt = new CancellationTokenSource();
        using var reader = new SilentReader();
        using var error = new StringWriter { NewLine = "\n" };
        var context = new VmcContext(daemon.Instance, new VmcConsole(TextWriter.Null, error, reader));
        var running = VmcProgram.RunAsync(["disk", "destroy", "demo"], context, interrupt.Token);
        await reader.Asked;

        await interrupt.CancelAsync();

        Assert.Equal(130, await running);
        Assert.EndsWith("(y/N) \nNothing was destroyed.\n", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(daemon.Calls);
    }

    [Fact]
    public async Task A_vm_whose_name_breaks_the_rule_can_still_be_stopped_and_destroyed()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.AddRunning("-odd/name", 32);
        daemon.AddDisk("-odd/name", 1);

        Assert.Equal(0, (await daemon.RunAsync("stop", "--", "-odd/name")).Code);
        Assert.Equal(0, (await daemon.RunAsync("disk", "destroy", "-y", "--", "-odd/name")).Code);
    }

    [Fact]
    public async Task Restart_stops_the_vm_and_starts_it_with_the_options_given()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.AddRunning("demo", 32);

        var run = await daemon.RunAsync("restart", "demo", "--cpus", "3");

        Assert.Equal(0, run.Code);
        Assert.Equal(["GetVmInfo", "StopVm", "StartVm"], daemon.Calls);
        Assert.Equal(3u, daemon.Started!.Cpus);
    }

    [Fact]
    public async Task Destroying_does_not_ask_when_told_so_or_when_nobody_can_answer()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.AddDisk("a", 1);
        daemon.AddDisk("b", 1);
        var quiet = daemon.Instance with { Environment = name => name == "VMC_NONINTERACTIVE" ? "1" : daemon.Instance.Environment(name) };

        Assert.Equal(new VmcRun(0, "The disk of VM 'a' is destroyed.\n", ""), await daemon.RunAsync("disk", "destroy", "-y", "a"));
        Assert.Equal(
            new VmcRun(0, "The disk of VM 'b' is destroyed.\n", ""), await VmcRun.OfAsync(quiet, ["disk", "destroy", "b"], Cancel));
        Assert.Equal(1, (await daemon.RunAsync("disk", "destroy", "-y", "c")).Code);
    }

    [Fact]
    public async Task Creating_a_disk_prints_its_path_and_a_second_time_says_it_is_there()
    {
        await using var daemon = await FakeConcierge.StartAsync();

        Assert.Equal(new VmcRun(0, "/disks/demo.img\n", ""), await daemon.RunAsync("disk", "create", "demo", "--size", "10G"));
        daemon.AddDisk("demo", 1);
        Assert.Contains("has a disk already", (await daemon.RunAsync("disk", "create", "demo")).Error, StringComparison.Ordinal);
        Assert.Equal(new VmcRun(1, "", "vmc: There is no room.\n"), await daemon.RunAsync("disk", "create", "big", "--size", "9999G"));
    }

    /// <summary>A terminal at which nobody types.</summary>
    private sealed class SilentReader : TextReader
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        public override async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return null;
        }
    }
}
