using System.Globalization;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>
/// What each running program could do if a guest had taken it over: the processes of a real VM are made to try (<see cref="ForeignCall"/>).
/// </summary>
public sealed class SandboxTests(SandboxTests.Probed machine) : MachineTests, IClassFixture<SandboxTests.Probed>
{
    private const int Open = 2;
    private const int Close = 3;
    private const int OpenAt = 257;
    private const int CurrentDirectory = -100;
    private const int Socket = 41;
    private const int Connect = 42;
    private const int Execve = 59;
    private const int Kill = 62;
    private const int Unlink = 87;
    private const int Ptrace = 101;
    private const int Mount = 165;
    private const int Unshare = 272;
    private const int IoUringSetup = 425;

    private const int Eperm = -1;
    private const int Eacces = -13;
    private const int Eafnosupport = -97;

    private const int WriteCreate = 0x41;
    private const int FamilyInternet = 2;
    private const int Stream = 1;
    private const int Datagram = 2;

    public static TheoryData<string> Confined => ["vm_vsock", "qemu-system-x86_64", "vmlog_forwarder", "vm_cicerone"];

    public static TheoryData<string> WithoutCapabilities => [.. Confined.Select(row => row.Data), "slirp4netns"];

    public static TheoryData<string> All => [.. WithoutCapabilities.Select(row => row.Data), "vm_concierge"];

    [Theory]
    [MemberData(nameof(All))]
    public void Every_thread_is_filtered_and_gains_no_rights(string program)
    {
        var threads = Directory.GetDirectories($"/proc/{machine.PidOf(program)}/task");

        Assert.NotEmpty(threads);
        Assert.All(threads, thread =>
        {
            Assert.Equal("1", StatusOf(thread, "NoNewPrivs"));
            Assert.Equal("2", StatusOf(thread, "Seccomp"));
        });
    }

    [Theory]
    [MemberData(nameof(WithoutCapabilities))]
    public void No_thread_has_a_capability(string program)
    {
        string[] sets = Environment.UserName == "root"
            ? ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]
            : ["CapInh", "CapPrm", "CapEff", "CapAmb"];

        Assert.All(Directory.GetDirectories($"/proc/{machine.PidOf(program)}/task"), thread =>
            Assert.All(sets, set => Assert.Equal("0000000000000000", StatusOf(thread, set))));
    }

    [Fact]
    public void The_daemon_of_root_keeps_five_capabilities()
    {
        Assert.SkipUnless(Environment.UserName == "root", "An ordinary user's daemon has none.");

        // DAC_OVERRIDE, KILL, SETGID, SETUID, SETPCAP.
        Assert.Equal("00000000000001e2", StatusOf($"/proc/{machine.PidOf("vm_concierge")}", "CapBnd"));
    }

    [Fact]
    public void The_VMM_of_root_has_a_user_id_of_its_own_and_no_other_groups_than_its_own()
    {
        Assert.SkipUnless(Environment.UserName == "root", "An ordinary user cannot give user ids away.");
        var status = $"/proc/{machine.PidOf("qemu-system-x86_64")}";

        var ids = StatusOf(status, "Uid").Split('\t').Distinct().ToList();

        Assert.InRange(uint.Parse(Assert.Single(ids), CultureInfo.InvariantCulture), 1_900_000_000u, 1_900_004_095u);
        Assert.Equal(ids, StatusOf(status, "Gid").Split('\t').Distinct());
        Assert.DoesNotContain("0", StatusOf(status, "Groups").Split(' '));
    }

    [Theory]
    [MemberData(nameof(Confined))]
    public void Files_of_others_are_closed_to_it(string program)
    {
        NeedsProbe();
        var pid = machine.PidOf(program);

        Assert.Equal(Eacces, ForeignCall.Make(pid, Open, "/etc/shadow", 0));
        Assert.Equal(Eacces, ForeignCall.Make(pid, Open, machine.Secret, 0));
        Assert.Equal(Eacces, ForeignCall.Make(pid, Open, "/tmp/vmtools-probe", WriteCreate, 0x180));
        Assert.Contains(ForeignCall.Make(pid, Unlink, machine.Secret), (long?[])[Eacces, Eperm]);
        Assert.True(File.Exists(machine.Secret));
    }

    [Theory]
    [InlineData("vm_vsock")]
    [InlineData("qemu-system-x86_64")]
    public void The_files_of_another_VM_are_closed_to_it(string program)
    {
        NeedsProbe();
        var pid = machine.PidOf(program);

        Assert.Equal(Eacces, ForeignCall.Make(pid, Open, machine.RecordOfVm, 0));
        Assert.Equal(Eacces, ForeignCall.Make(pid, Open, machine.OtherLog, 0));
    }

    [Theory]
    [InlineData("vm_vsock", Eperm)]
    [InlineData("vmlog_forwarder", Eafnosupport)]
    [InlineData("vm_cicerone", Eafnosupport)]
    public void No_socket_leads_out_of_the_host(string program, int refusal)
    {
        NeedsProbe();
        var pid = machine.PidOf(program);

        Assert.Equal(refusal, ForeignCall.Make(pid, Socket, FamilyInternet, Stream, 0));
        Assert.Equal(refusal, ForeignCall.Make(pid, Socket, FamilyInternet, Datagram, 0));
    }

    [Theory]
    [InlineData("vm_vsock")]
    [InlineData("qemu-system-x86_64")]
    public void No_other_process_is_signalled(string program)
    {
        NeedsProbe();

        Assert.Equal(Eperm, ForeignCall.Make(machine.PidOf(program), Kill, machine.PidOf("vm_concierge"), 0));
    }

    [Theory]
    [InlineData("qemu-system-x86_64", Ptrace)]
    [InlineData("qemu-system-x86_64", IoUringSetup)]
    [InlineData("vm_concierge", Ptrace)]
    [InlineData("vm_concierge", IoUringSetup)]
    public void What_it_never_calls_is_refused(string program, int call)
    {
        NeedsProbe();

        Assert.Equal(Eperm, ForeignCall.Make(machine.PidOf(program), call, 1, 1, 1, 1, 1));
    }

    [Theory]
    [InlineData("vmlog_forwarder", Execve)]
    [InlineData("vm_cicerone", Ptrace)]
    [InlineData("vmlog_forwarder", Unshare)]
    [InlineData("vm_cicerone", Mount)]
    public async Task A_daemon_that_calls_what_it_never_does_has_been_taken_over_and_ends(string program, int call)
    {
        NeedsProbe();
        var pid = machine.PidOf(program);

        Assert.Null(ForeignCall.Make(pid, call, "/bin/true", 0, 0, 0, 0));

        Assert.True(await ProcessTable.HaveEndedAsync([pid], Speed.Scale(5)));
        await machine.AwaitAsync(program);
    }

    [Theory]
    [InlineData(Execve)]
    [InlineData(Ptrace)]
    [InlineData(Mount)]
    public async Task A_device_that_calls_what_it_never_does_has_been_taken_over_and_ends(int call)
    {
        NeedsProbe();
        var name = string.Create(CultureInfo.InvariantCulture, $"victim{call}");
        var victim = await machine.Sandbox.StartVmAsync(name);

        Assert.Null(ForeignCall.Make(victim.DevicePid, call, "/bin/true", 0, 0, 0, 0));

        Assert.True(await ProcessTable.HaveEndedAsync([victim.DevicePid, victim.VmmPid], Speed.Scale(10)));
    }

    [Fact]
    public void The_network_beside_it_leaves_the_VMM_no_socket_to_connect_by_TCP()
    {
        NeedsProbe();
        var pid = machine.PidOf("qemu-system-x86_64");
        var socket = ForeignCall.Make(pid, Socket, FamilyInternet, Stream, 0)!.Value;
        byte[] loopback = [2, 0, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];

        Assert.True(socket > 2);
        Assert.Equal(Eacces, ForeignCall.Make(pid, Connect, socket, loopback, loopback.Length));
        Assert.Equal(0, ForeignCall.Make(pid, Close, socket));
    }

    [Fact]
    public void The_network_process_reaches_no_file_of_the_users()
    {
        NeedsProbe();
        var pid = machine.PidOf("slirp4netns");

        // Its own filter leaves it openat and no open.
        Assert.Equal(Eacces, ForeignCall.Make(pid, OpenAt, CurrentDirectory, machine.Secret, 0));
        Assert.Equal(Eacces, ForeignCall.Make(pid, OpenAt, CurrentDirectory, machine.RecordOfVm, 0));
    }

    private static void NeedsProbe() =>
        Assert.SkipUnless(Environment.UserName == "root" && Environment.Is64BitProcess, "Only root may make another process call.");

    private static string StatusOf(string process, string field) =>
        File.ReadLines(process + "/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal))[(field.Length + 1)..]
            .Trim();

    /// <summary>A VM, and a file of the user's beside it that none of its programs has any business with.</summary>
    public sealed class Probed() : Machine(nameof(SandboxTests))
    {
        public string Secret => Path.Combine(Sandbox.Directory, "secret");

        public string RecordOfVm => Directory.GetFiles(Path.Combine(Sandbox.Runtime, "vms"), "*.json")[0];

        public string OtherLog => Directory.GetFiles(Sandbox.State, "*.vmm.log", SearchOption.AllDirectories)[0];

        public int PidOf(string program) => program switch
        {
            "vm_vsock" => Facts.DevicePid,
            "qemu-system-x86_64" => Facts.VmmPid,
            "slirp4netns" => Sandbox.Processes.First(pid =>
                ProcessTable.CommandLineOf(pid) is [var first, .., var socket]
                && Path.GetFileName(first) == program && socket.Contains($"/vm.{Facts.Cid}/", StringComparison.Ordinal)),
            _ => Sandbox.PidOf(program),
        };

        /// <summary>Waits until vm_concierge has started a daemon again, and it has confined itself.</summary>
        public async Task AwaitAsync(string program)
        {
            for (var end = DateTime.UtcNow + Speed.Scale(20); DateTime.UtcNow < end; await Task.Delay(50))
            {
                var found = Sandbox.Processes.Where(pid => ProcessTable.CommandLineOf(pid) is [var first, ..]
                    && Path.GetFileName(first) == program).ToList();
                if (found is [var only] && StatusOf($"/proc/{only}", "Seccomp_filters") == "2")
                {
                    return;
                }
            }

            throw new TimeoutException($"{program} was not started again.");
        }

        protected override Task PrepareAsync(Sandbox sandbox)
        {
            File.WriteAllText(Secret, "secret");
            return Task.CompletedTask;
        }
    }
}
