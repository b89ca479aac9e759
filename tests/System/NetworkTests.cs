using System.Net;
using System.Net.Sockets;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>What a guest reaches over its network card: not the host's loopback, unless it was started so.</summary>
public sealed class NetworkTests(NetworkTests.TwoMachines machines) : MachineTests, IClassFixture<NetworkTests.TwoMachines>
{
    private const string Gateway = "10.0.2.2";

    /// <summary>Longer than a packet takes from a guest to the host and a connection to be made of it.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    /// <summary>A TCP connection of an ordinary program.</summary>
    private const string Dial = """
        use Socket; socket(my $s, PF_INET, SOCK_STREAM, 0) or die; alarm 10;
        print connect($s, sockaddr_in($ARGV[1], inet_aton($ARGV[0]))) ? "connected\n" : "refused\n";
        """;

    /// <summary>The first packet of a TCP connection to any address at all, written past the guest's own kernel (packet(7)).</summary>
    private const string RawDial = """
        use Socket; my ($to, $port, $mac) = @ARGV; $mac = pack("H12", $mac =~ s/://gr);
        sub sum { my $n = 0; $n += $_ for unpack("n*", $_[0]); $n = ($n & 0xffff) + ($n >> 16) while $n >> 16; ~$n & 0xffff }
        my ($from, $dst) = (inet_aton("10.0.2.15"), inet_aton($to));
        my $tcp = pack("nnNNCCnnn", 41000, $port, 1, 0, 0x50, 2, 64000, 0, 0);
        substr($tcp, 16, 2) = pack("n", sum($from . $dst . pack("CCn", 0, 6, length $tcp) . $tcp));
        my $ip = pack("CCnnnCCn", 0x45, 0, 20 + length $tcp, 1, 0, 64, 6, 0) . $from . $dst;
        substr($ip, 10, 2) = pack("n", sum($ip));
        my ($card) = map { m{([^/]+)$} } grep { !m{/lo$} } glob("/sys/class/net/*");
        open my $f, "<", "/sys/class/net/$card/ifindex" or die; chomp(my $index = <$f>);
        open my $a, "<", "/sys/class/net/$card/address" or die; chomp(my $own = <$a>);
        socket(my $s, 17, 3, 0) or die "socket: $!";
        my $frame = $mac . pack("H12", $own =~ s/://gr) . pack("n", 0x0800) . $ip . $tcp;
        defined send($s, $frame, 0, pack("SnlSCCa8", 17, 0x0800, $index, 1, 0, 6, $mac)) or die "send: $!";
        """;

    [Fact]
    public async Task A_program_in_the_guest_does_not_reach_the_hosts_loopback()
    {
        using var service = Service.Start();

        var answer = await machines.Sandbox.VshAsync(Machine.Vm, "--", "perl", "-e", Dial, Gateway, $"{service.Port}");

        Assert.Equal("refused\n", answer.Output);
        Assert.False(await service.IsReachedAsync(TimeSpan.FromMilliseconds(100), Cancel));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.99")]
    [InlineData("0.0.0.0")]
    [InlineData(Gateway)]
    public async Task Root_in_the_guest_does_not_reach_it_by_packets_of_its_own_making(string address)
    {
        using var service = Service.Start();

        await RawDialAsync(Machine.Vm, address, service.Port);

        Assert.False(await service.IsReachedAsync(Quiet, Cancel));
    }

    [Fact]
    public async Task A_guest_that_was_started_with_the_hosts_loopback_reaches_it_either_way()
    {
        using var service = Service.Start();

        var answer = await machines.Sandbox.VshAsync(TwoMachines.Trusted, "--", "perl", "-e", Dial, Gateway, $"{service.Port}");
        Assert.Equal("connected\n", answer.Output);
        Assert.True(await service.IsReachedAsync(Quiet, Cancel));

        await RawDialAsync(TwoMachines.Trusted, Gateway, service.Port);
        Assert.True(await service.IsReachedAsync(Quiet, Cancel));
    }

    [Fact]
    public async Task The_networks_process_ends_with_its_machine()
    {
        await machines.Sandbox.StartVmAsync("brief");
        var network = Assert.Single(NetworksOf("brief"));

        await machines.Sandbox.VmcAsync("stop", "brief");

        Assert.False(ProcessTable.IsAlive(network));
    }

    [Fact]
    public async Task The_networks_process_ends_with_its_machine_while_no_daemon_runs()
    {
        await machines.Sandbox.StartVmAsync("orphan");
        var network = Assert.Single(NetworksOf("orphan"));
        var daemon = machines.Sandbox.PidOf("vm_concierge");
        ProcessTable.Kill(daemon);
        await ProcessTable.HaveEndedAsync([daemon], Speed.Scale(5));

        ProcessTable.Kill(machines.Sandbox.Vm("orphan").VmmPid);

        await WaitForAsync(machines.Sandbox, () => !ProcessTable.IsAlive(network));
    }

    private int[] NetworksOf(string vm)
    {
        var socket = $"vm.{machines.Sandbox.Vm(vm).Cid}/network.sock";
        return
        [
            .. machines.Sandbox.Processes.Where(pid =>
                ProcessTable.CommandLineOf(pid) is [var program, .., var last]
                && Path.GetFileName(program) == "slirp4netns" && last.EndsWith(socket, StringComparison.Ordinal)),
        ];
    }

    /// <summary>The gateway's hardware address is asked of the guest's own kernel, after it had to find it.</summary>
    private async Task RawDialAsync(string vm, string address, int port)
    {
        await machines.Sandbox.VshAsync(vm, "--", "perl", "-e", Dial, Gateway, "9");
        var mac = (await machines.Sandbox.InGuestAsync(vm, $"awk '$1 == \"{Gateway}\" {{ print $4 }}' /proc/net/arp")).Trim();
        var sent = await machines.Sandbox.VshAsync(vm, "--user=root", "--", "perl", "-e", RawDial, address, $"{port}", mac);
        Assert.True(sent.Code == 0, $"{sent}");
    }

    public sealed class TwoMachines() : Machine(nameof(NetworkTests))
    {
        public const string Trusted = "trusted";

        protected override async Task PrepareAsync(Sandbox sandbox) => await sandbox.StartVmAsync(Trusted, "--host-loopback");
    }

    /// <summary>A service on the host's loopback that trusts whoever reaches it.</summary>
    private sealed class Service : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public static Service Start()
        {
            var service = new Service();
            service._listener.Start();
            return service;
        }

        public async Task<bool> IsReachedAsync(TimeSpan limit, CancellationToken cancel)
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            deadline.CancelAfter(limit);
            try
            {
                using var guest = await _listener.AcceptTcpClientAsync(deadline.Token);
                return true;
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return false;
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
