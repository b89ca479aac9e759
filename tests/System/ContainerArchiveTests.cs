using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>A container in a real VM: exported, kept in snapshots, restored, copied, and killed at.</summary>
public sealed class ContainerArchiveTests(ContainerTests.ContainerMachine machine)
    : MachineTests, IClassFixture<ContainerTests.ContainerMachine>
{
    private const string Container = "penguin";

    /// <summary>What an export or a copy must not leave in the VM.</summary>
    private const string Traces =
        "grep -c '/\\.view-' /proc/self/mounts; "
        + "find /run/vmtools/containers /mnt/stateful/containers/* -mindepth 1 -maxdepth 1 -name '.*' | wc -l; "
        + "ls -A /mnt/stateful/containers/.incoming 2>/dev/null | wc -l; pgrep -c '^(tar|zstd|gzip|cp)$'";

    private Sandbox Sandbox => machine.Sandbox;

    [Theory]
    [InlineData("penguin.tar.zst", "--zstd")]
    [InlineData("penguin.tar.gz", "--gzip")]
    public async Task An_archive_has_all_files_with_the_ids_that_the_container_sees(string name, string unpack)
    {
        await AsRootAsync("echo kept > /root/note; rm -f /etc/motd; mkfifo /root/pipe || true");
        var file = Path.Combine(Sandbox.Directory, name);

        var export = await Sandbox.VmcAsync("container", "export", Machine.Vm, Container, file);

        Assert.True(export.Code == 0, export.ToString());
        var list = await HostCommand.Of("tar", unpack, "--list", "--verbose", "--numeric-owner", "--file", file).RunAsync();
        Assert.Contains("metadata.yaml", list.Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^-rw-r--r-- 0/0 +5 .* rootfs/root/note$", list.Output);
        Assert.Matches("(?m)^drwx.* 1000/1000 .* rootfs/home/[a-z_][a-z0-9_-]*/$", list.Output);
        Assert.Matches("(?m)^p.* rootfs/root/pipe$", list.Output);
        Assert.DoesNotContain("rootfs/etc/motd", list.Output, StringComparison.Ordinal);
        Assert.Contains("rootfs/usr/bin/bash", list.Output, StringComparison.Ordinal);
        Assert.Equal("running\n", await AsRootAsync("echo running"));
        Assert.Equal("0\n0\n0\n0\n", await TracesAsync());
    }

    [Fact]
    public async Task A_file_that_is_there_is_not_replaced()
    {
        var file = Path.Combine(Sandbox.Directory, "there.tar");
        await File.WriteAllTextAsync(file, "mine", TestContext.Current.CancellationToken);

        var export = await Sandbox.VmcAsync("container", "export", Machine.Vm, Container, file);

        Assert.NotEqual(0, export.Code);
        Assert.Equal("mine", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_stopped_container_is_what_it_was_in_its_snapshot()
    {
        await AsRootAsync("echo before > /root/state");
        Assert.Equal(0, (await Sandbox.VmcAsync("container", "snapshot", Machine.Vm, Container, "before")).Code);
        await AsRootAsync("echo after > /root/state; echo new > /root/new");
        Assert.NotEqual(0, (await Sandbox.VmcAsync("container", "restore", "--yes", Machine.Vm, Container, "before")).Code);
        Assert.Equal(0, (await Sandbox.VmcAsync("container", "stop", Machine.Vm, Container)).Code);

        var restore = await Sandbox.VmcAsync("container", "restore", "--yes", Machine.Vm, Container, "before");

        Assert.True(restore.Code == 0, restore.ToString());
        Assert.Equal(0, (await Sandbox.VmcAsync("container", "start", Machine.Vm, Container)).Code);
        Assert.Equal("before\n", await AsRootAsync("cat /root/state; ls /root/new 2>/dev/null || true"));
        Assert.Contains("before", (await Sandbox.VmcAsync("container", "snapshot", Machine.Vm, Container, "--list")).Output,
            StringComparison.Ordinal);
        Assert.Equal(0, (await Sandbox.VmcAsync("container", "snapshot", Machine.Vm, Container, "before", "--delete")).Code);
        Assert.Equal("0\n0\n0\n0\n", await TracesAsync());
    }

    [Fact]
    public async Task A_copy_runs_beside_the_original_with_ids_and_a_name_of_its_own()
    {
        await AsRootAsync("echo both > /root/both");

        var copy = await Sandbox.VmcAsync("container", "copy", Machine.Vm, Container, "twin");

        Assert.True(copy.Code == 0, copy.ToString());
        Assert.Equal(0, (await Sandbox.VmcAsync("container", "start", Machine.Vm, "twin")).Code);
        var twin = await Sandbox.VshAsync(
            Machine.Vm, "twin", "--user=root", "--", "sh", "-c", "cat /root/both; hostname; stat -c %u /root/both");
        Assert.Equal("both\ntwin\n0\n", twin.Output);
        Assert.Equal("both\n", await AsRootAsync("cat /root/both"));
        Assert.Equal(0, (await Sandbox.VmcAsync("container", "delete", "--yes", Machine.Vm, "twin")).Code);
        Assert.Equal("0\n0\n0\n0\n", await TracesAsync());
    }

    [Fact]
    public async Task A_killed_container_service_leaves_nothing_of_what_it_did_and_nothing_frozen()
    {
        await AsRootAsync("dd if=/dev/urandom of=/root/much bs=1M count=40 status=none");
        var export = Sandbox.VmcAsync("container", "export", Machine.Vm, Container, Path.Combine(Sandbox.Directory, "killed.tar.gz"));
        await Task.Delay(Speed.Scale(1), TestContext.Current.CancellationToken);

        await Sandbox.InGuestAsync(Machine.Vm, "kill -9 $(pidof tremplin)");

        Assert.NotEqual(0, (await export).Code);
        for (var tries = 0; (await Sandbox.VmcAsync("container", "list", Machine.Vm)).Code != 0; tries++)
        {
            Assert.True(tries < 20, "the container service did not come back");
            await Task.Delay(Speed.Scale(1), TestContext.Current.CancellationToken);
        }

        Assert.Equal("alive\n", await AsRootAsync("rm /root/much; echo alive"));
        Assert.Empty(Directory.GetFiles(Sandbox.Directory, ".vmc-*"));
        Assert.False(File.Exists(Path.Combine(Sandbox.Directory, "killed.tar.gz")));
    }

    private async Task<string> AsRootAsync(string line)
    {
        var result = await Sandbox.VshAsync(Machine.Vm, Container, "--user=root", "--", "sh", "-c", line);
        return result.Code == 0 ? result.Output : throw new InvalidOperationException($"'{line}' in {Container}: {result}");
    }

    private async Task<string> TracesAsync() => await Sandbox.InGuestAsync(Machine.Vm, $"({Traces}) || true");
}
