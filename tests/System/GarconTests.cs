using System.Text;
using System.Text.RegularExpressions;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>The agent in a container of a real VM: it registers, is called back, and what hostile programs find at its door.</summary>
public sealed class GarconTests(GarconTests.GarconMachine machine) : MachineTests, IClassFixture<GarconTests.GarconMachine>
{
    private const string Container = "penguin";
    private const string Door = "/dev/vmtools/host.sock";

    /// <summary>Prints its process id, as the shell that runs this sees it.</summary>
    private const string Find =
        "for p in /proc/[0-9]*; do tr '\\0' ' ' 2>/dev/null <$p/cmdline | grep -q 'vmtools-guest garcon -[-]server' "
        + "&& ! grep -q lxc-attach $p/comm && echo ${p#/proc/}; done; true";

    private Sandbox Sandbox => machine.Sandbox;

    /// <summary>Whose VM it is, which the record's name begins with.</summary>
    private string Owner =>
        Path.GetFileName(Directory.EnumerateFiles(Path.Combine(Sandbox.Runtime, "vms"), "*.json").Single()).Split('.')[0];

    [Fact]
    public async Task It_registers_and_the_host_calls_it_back()
    {
        await UntilRegisteredAsync();

        Assert.Contains(await InContainerAsync("id -un"), await SessionInfoAsync() + "\n", StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_runs_as_the_containers_user_in_little_memory_and_shows_its_secret_nowhere()
    {
        await UntilRegisteredAsync();
        var pid = (await AsRootAsync(Find)).Trim();
        var status = await AsRootAsync($"cat /proc/{pid}/status");
        var shown = await AsRootAsync($"tr '\\0' '\\n' </proc/{pid}/cmdline; tr '\\0' '\\n' </proc/{pid}/environ");

        Assert.Matches(@"Uid:\s+1000\s+1000\s+1000\s+1000", status);
        Assert.Matches(@"CapEff:\s+0+\n", status);
        Assert.DoesNotMatch("[0-9a-f]{32}", shown);
        var resident = int.Parse(Regex.Match(status, @"VmRSS:\s+(\d+) kB").Groups[1].Value, null);
        var shared = int.Parse(Regex.Match(status, @"RssFile:\s+(\d+) kB").Groups[1].Value, null);
        Assert.InRange(resident - shared, 1, 20 * 1024);
        var peeked = await Sandbox.VshAsync(Machine.Vm, Container, "--", "cat", $"/proc/{pid}/environ");
        Assert.NotEqual(0, peeked.Code);
    }

    [Fact]
    public async Task One_that_is_killed_registers_again()
    {
        await UntilRegisteredAsync();
        var before = await AsRootAsync(Find);

        await AsRootAsync($"kill -9 $({Find})");

        await UntilAsync(async () => await AsRootAsync(Find) is { Length: > 1 } now && now != before);
        await UntilAnsweredAsync();
    }

    [Fact]
    public async Task A_killed_host_daemon_knows_it_again()
    {
        await UntilRegisteredAsync();

        ProcessTable.Kill(Sandbox.PidOf("vm_cicerone"));

        await UntilAnsweredAsync();
    }

    [Fact]
    public async Task A_killed_container_service_opens_the_door_again()
    {
        await UntilRegisteredAsync();

        await Sandbox.InGuestAsync(Machine.Vm, "kill -9 $(pidof tremplin)");

        await UntilAnsweredAsync();
        await UntilAsync(async () => (await InContainerAsync(Say("PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n", wait: 1))).Length > 0);
    }

    [Fact]
    public async Task Root_in_the_container_can_neither_take_the_door_away_nor_see_another()
    {
        var tried = await AsRootAsync(
            $"rm -f {Door} 2>&1; touch /dev/vmtools/x 2>&1; mount -o remount,rw,bind /dev/vmtools 2>&1; rm -f {Door} 2>&1; "
            + "ls /dev/vmtools; ls -d /run/vmtools 2>&1");

        Assert.Contains("\nhost.sock\n", tried, StringComparison.Ordinal);
        Assert.Contains("cannot access '/run/vmtools'", tried, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Garbage_and_many_connections_at_the_door_harm_nobody()
    {
        await UntilRegisteredAsync();
        await InContainerAsync(Say("garbage\\0\\xff\\n", wait: 1));
        var counted = await AsRootAsync(
            "perl -MSocket -MFcntl -e 'my ($n, @s) = 0; alarm 60; for (1..10000) { socket(my $s, AF_UNIX, SOCK_STREAM, 0) or next; "
            + "fcntl($s, F_SETFL, O_NONBLOCK); "
            + $"push @s, $s if connect($s, pack_sockaddr_un(\"{Door}\")); $n++ }} print scalar(@s), \" of $n\\n\"'");

        Assert.Matches(@"^\d+ of \d+\n$", counted);
        await UntilAnsweredAsync();
        Assert.Equal("0\n", await Sandbox.InGuestAsync(Machine.Vm, "dmesg | grep -c 'Out of memory' || true"));
    }

    [Fact]
    public async Task Nothing_is_left_of_a_container_that_is_stopped()
    {
        await UntilRegisteredAsync();
        Assert.Equal(0, (await Sandbox.VmcAsync("container", "stop", Machine.Vm)).Code);

        Assert.Equal("", await Sandbox.InGuestAsync(Machine.Vm, $"ls /run/vmtools/doors; {Find}"));
        Assert.Equal("[]", await File.ReadAllTextAsync(Path.Combine(Sandbox.Runtime, "tokens.json"), Cancel));
        Assert.Equal(0, (await Sandbox.VmcAsync("container", "start", Machine.Vm)).Code);
        await UntilRegisteredAsync();
    }

    /// <summary>Says bytes to the door and prints what comes back.</summary>
    private static string Say(string bytes, int wait) =>
        $"perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, pack_sockaddr_un(\"{Door}\")) or die; "
        + $"syswrite $s, \"{bytes}\"; $SIG{{ALRM}} = sub {{ exit 0 }}; alarm {wait + 10}; "
        + "sysread $s, my $b, 100; print unpack(\"H*\", $b)'";

    private async Task<string> InContainerAsync(string line)
    {
        var result = await Sandbox.VshAsync(Machine.Vm, Container, "--", "sh", "-c", line);
        return result.Code == 0 ? result.Output : throw new InvalidOperationException($"'{line}' in {Container}: {result}");
    }

    private async Task<string> AsRootAsync(string line) =>
        (await Sandbox.VshAsync(Machine.Vm, Container, "--user=root", "--", "sh", "-c", line)).Output;

    private Task UntilRegisteredAsync() => UntilAsync(async () =>
        (await Sandbox.VmcAsync("container", "list", Machine.Vm, "--json")).Output.Replace(" ", "", StringComparison.Ordinal)
            .Contains("\"garcon\":true", StringComparison.Ordinal));

    private Task UntilAnsweredAsync() => UntilAsync(async () => (await SessionInfoAsync()).Contains("/home/", StringComparison.Ordinal));

    /// <summary>The answer of GetGarconSessionInfo as the text in its bytes.</summary>
    private async Task<string> SessionInfoAsync()
    {
        byte[] request = [0x0a, .. Field(Machine.Vm), 0x12, .. Field(Container), 0x1a, .. Field(Owner)];
        string[] arguments =
        [
            $"--address=unix:path={Sandbox.Runtime}/bus", "--json=short", "call", "org.chromium.VmCicerone", "/org/chromium/VmCicerone",
            "org.chromium.VmCicerone", "GetGarconSessionInfo", "ay", $"{request.Length}", .. request.Select(one => $"{one}"),
        ];
        var answer = await HostCommand.Of("busctl", arguments).RunAsync();
        var numbers = Regex.Matches(answer.Output, @"\d+").Select(number => (char)int.Parse(number.Value, null));
        return new string([.. numbers]);
    }

    private static byte[] Field(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private async Task UntilAsync(Func<Task<bool>> holds)
    {
        var limit = Speed.Scale(30);
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < limit;)
        {
            if (await holds())
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Cancel);
        }

        Assert.Fail($"It did not come about: {await Sandbox.VmcAsync("container", "list", Machine.Vm)}\n{Sandbox.LogText()}");
    }

    /// <summary>A machine with the stock container in it.</summary>
    public sealed class GarconMachine() : Machine(nameof(GarconTests))
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
