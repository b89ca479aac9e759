using System.Globalization;
using System.Text.Json;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>The stock container in a real VM: made, entered, killed at, stopped, there again, deleted.</summary>
public sealed class ContainerTests(ContainerTests.ContainerMachine machine) : MachineTests, IClassFixture<ContainerTests.ContainerMachine>
{
    private const string Container = "penguin";

    /// <summary>What a container leaves in its VM while it runs, and must not leave afterwards.</summary>
    private const string Traces =
        "grep -c /mnt/stateful/containers/ /proc/self/mounts; ls /sys/class/net | grep -c veth; "
        + "find /sys/fs/cgroup -type d -name 'lxc.payload*' | wc -l; find /run/vmtools/containers -mindepth 1 -type d | wc -l";

    private Sandbox Sandbox => machine.Sandbox;

    [Fact]
    public async Task A_command_runs_as_the_containers_user_with_its_environment_and_three_pipes()
    {
        var who = await InContainerAsync("id -u; pwd; echo $HOME; cat /etc/hostname");
        var pipes = await Sandbox.VshAsync(Machine.Vm, Container, "--", "sh", "-c", "echo out; echo error >&2; exit 7");
        var killed = await Sandbox.VshAsync(Machine.Vm, Container, "--", "sh", "-c", "kill -TERM $$");
        var environment = await Sandbox.VshAsync(Machine.Vm, Container, "--", "env");

        Assert.Matches("^1000\n(/home/[a-z_][a-z0-9_-]*)\n\\1\npenguin\n$", who);
        Assert.Equal((7, "out\n", "error\n"), (pipes.Code, pipes.Output, pipes.Errors));
        Assert.Equal(128 + 15, killed.Code);
        Assert.DoesNotContain("LXC", environment.Output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("VMTOOLS", environment.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_root_is_nobody_in_the_machine_and_has_no_vsock()
    {
        var socket = await Sandbox.VshAsync(
            Machine.Vm, Container, "--user=root", "--", "perl", "-e", "socket(my $s, 40, 1, 0) or exit 3; exit 0");
        var user = await Sandbox.InGuestAsync(
            Machine.Vm, "for p in /proc/[0-9]*; do grep -qs lxc.payload $p/cgroup && stat -c %u $p; done | sort -n | head -1");

        Assert.Equal(3, socket.Code);
        Assert.True(int.Parse(user, null) >= 1_000_000, user);
    }

    [Fact]
    public async Task The_list_tells_state_and_address_and_the_network_answers()
    {
        using var list = JsonDocument.Parse((await Sandbox.VmcAsync("container", "list", Machine.Vm, "--json")).Output);
        var penguin = Assert.Single(list.RootElement.EnumerateArray());

        Assert.Equal(("penguin", "RUNNING"), (penguin.GetProperty("name").GetString(), penguin.GetProperty("state").GetString()));
        var address = penguin.GetProperty("ipv4").GetString()!;
        Assert.Contains(address, await InContainerAsync("hostname -I; ip -4 -o address show dev eth0"), StringComparison.Ordinal);
        Assert.Contains("0% packet loss", await Sandbox.InGuestAsync(Machine.Vm, $"ping -c 1 -W 5 {address}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_logs_and_what_crashes_in_it_is_told_under_its_name()
    {
        await InContainerAsync("until [ -S /dev/log ]; do sleep 1; done; logger -t mark 'said in the container'");
        await Sandbox.VshAsync(Machine.Vm, Container, "--", "sh", "-c", "kill -SEGV $$");

        await UntilAsync(
            async () => (await Sandbox.VmcAsync("container", "logs", Machine.Vm)).Output,
            text => text.Contains("penguin/mark", StringComparison.Ordinal)
                && text.Contains("said in the container", StringComparison.Ordinal));
        await UntilAsync(
            async () => (await Sandbox.VmcAsync("crash", "list", Machine.Vm)).Output,
            text => text.Contains($"{Machine.Vm}/{Container}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_follows_the_zone_of_the_host_and_its_ports_are_known()
    {
        var set = await OnBusAsync("SetTimezone", [10, 12, .. "Asia/Kolkata"u8]);
        Assert.True(set.Code == 0, set.ToString());
        Assert.Equal("+0530\n", await InContainerAsync("date +%z"));

        await InContainerAsync(
            "perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Listen => 1, LocalPort => 8123); sleep 600' >/dev/null 2>&1 & "
            + "echo $! > ~/listener");
        await UntilAsync(
            async () => (await Sandbox.VmcAsync("container", "info", Machine.Vm)).Output,
            text => text.Contains("8123", StringComparison.Ordinal));
        await InContainerAsync("kill $(cat ~/listener)");
        await UntilAsync(
            async () => (await Sandbox.VmcAsync("container", "info", Machine.Vm)).Output,
            text => !text.Contains("8123", StringComparison.Ordinal));
        Assert.Contains("penguin", (await OnBusAsync("GetDebugInformation", [])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_container_service_takes_its_containers_back()
    {
        await Sandbox.InGuestAsync(Machine.Vm, "kill -9 $(pidof tremplin)");

        await UntilStateAsync("RUNNING");
        Assert.Equal("still\n", await InContainerAsync("echo still"));
        Assert.Equal(0, (await Sandbox.VmcAsync("container", "stop", Machine.Vm)).Code);
        Assert.Equal("0\n0\n0\n0\n", await TracesAsync());
        Assert.Equal(0, (await Sandbox.VmcAsync("container", "start", Machine.Vm)).Code);
        Assert.Equal("again\n", await InContainerAsync("echo again"));
    }

    [Fact]
    public async Task A_container_whose_first_process_dies_is_stopped_and_starts_again()
    {
        await Sandbox.VshAsync(Machine.Vm, Container, "--user=root", "--", "sh", "-c", "echo kept > /root/note");
        await Sandbox.InGuestAsync(Machine.Vm, "kill -9 $(lxc-info -P /mnt/stateful/containers -n penguin -pH)");

        await UntilStateAsync("STOPPED");
        Assert.Equal("0\n0\n0\n0\n", await TracesAsync());
        Assert.Equal(0, (await Sandbox.VmcAsync("container", "start", Machine.Vm)).Code);
        Assert.Equal("kept\n", (await Sandbox.VshAsync(Machine.Vm, Container, "--user=root", "--", "cat", "/root/note")).Output);
    }

    [Fact]
    public async Task It_is_there_again_after_the_machine_was_stopped()
    {
        await InContainerAsync("echo tomorrow > ~/note");
        Assert.Equal(0, (await Sandbox.VmcAsync("stop", Machine.Vm)).Code);

        Assert.Equal(0, (await Sandbox.VmcAsync("container", "start", Machine.Vm)).Code);

        Assert.Equal("tomorrow\n", await InContainerAsync("cat ~/note"));
    }

    [Fact]
    public async Task A_second_one_is_made_and_deleted_without_a_trace()
    {
        var before = await Sandbox.InGuestAsync(Machine.Vm, "ls -A /mnt/stateful/containers");
        Assert.Equal(0, (await Sandbox.VmcAsync("container", "create", Machine.Vm, "second")).Code);
        Assert.Equal("second\n", (await Sandbox.VshAsync(Machine.Vm, "second", "--", "hostname")).Output);

        Assert.Equal(0, (await Sandbox.VmcAsync("container", "delete", "--yes", Machine.Vm, "second")).Code);

        Assert.Equal(before, await Sandbox.InGuestAsync(Machine.Vm, "ls -A /mnt/stateful/containers"));
        var gone = await Sandbox.VshAsync(Machine.Vm, "second", "--", "true");
        Assert.Equal(125, gone.Code);
        Assert.Contains("second", gone.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Upper")]
    [InlineData("1first")]
    [InlineData("a.b")]
    [InlineData("../x")]
    public async Task Impossible_names_are_refused_with_the_rule(string name)
    {
        var refused = await Sandbox.VmcAsync("container", "create", Machine.Vm, name);

        Assert.NotEqual(0, refused.Code);
        Assert.Contains("letter", refused.Errors, StringComparison.Ordinal);
    }

    private async Task<string> InContainerAsync(string line)
    {
        var result = await Sandbox.VshAsync(Machine.Vm, Container, "--", "sh", "-c", line);
        return result.Code == 0 ? result.Output : throw new InvalidOperationException($"'{line}' in {Container}: {result}");
    }

    private async Task<string> TracesAsync() => await Sandbox.InGuestAsync(Machine.Vm, $"({Traces}) || true");

    /// <summary>Calls vm_cicerone with the bytes of a message; the answer's come as a text of numbers and letters.</summary>
    private async Task<CommandResult> OnBusAsync(string member, byte[] request)
    {
        const string name = "org.chromium.VmCicerone";
        string[] arguments =
        [
            $"--address=unix:path={Path.Combine(Sandbox.Runtime, "bus")}", "--json=short", "call", name, "/org/chromium/VmCicerone", name,
            member, "ay", request.Length.ToString(CultureInfo.InvariantCulture),
            .. request.Select(part => part.ToString(CultureInfo.InvariantCulture)),
        ];
        var result = await HostCommand.Of("busctl", arguments).RunAsync();
        if (result.Code != 0)
        {
            return result;
        }

        using var answer = JsonDocument.Parse(result.Output);
        var bytes = answer.RootElement.GetProperty("data")[0].EnumerateArray().Select(part => part.GetByte()).ToArray();
        return result with { OutputBytes = bytes };
    }

    private static async Task UntilAsync(Func<Task<string>> read, Func<string, bool> isEnough)
    {
        var limit = Speed.Scale(20);
        var last = "";
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < limit;)
        {
            last = await read();
            if (isEnough(last))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Cancel);
        }

        Assert.Fail($"This was told at last:\n{last}");
    }

    private Task UntilStateAsync(string state) => UntilAsync(
        async () => (await Sandbox.VmcAsync("container", "list", Machine.Vm, "--json")).Output,
        text => text.Contains($"\"{state}\"", StringComparison.Ordinal));

    /// <summary>A machine with the stock container in it.</summary>
    public sealed class ContainerMachine() : Machine(nameof(ContainerTests))
    {
        protected override async Task PrepareAsync(Sandbox sandbox)
        {
            var created = await sandbox.VmcAsync("container", "create", Vm);
            if (created.Code != 0)
            {
                throw new InvalidOperationException($"vmc container create: {created}\n{sandbox.LogText()}");
            }
        }
    }
}
