using VmTools.Guest.Tremplin;
using VmTools.Guest.Tremplin.Lxc;
using VmTools.Guest.Tremplin.Network;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Lxc;

/// <summary>What LXC and its tools are given to read.</summary>
public sealed class LxcTextTests
{
    private static readonly TremplinPaths Paths = new("/state", "/run/c");

    [Fact]
    public void The_configuration_shifts_ids_and_gives_the_container_its_root_card_and_tools()
    {
        var lines = LxcConfig.Text(TestContainers.Record(), Paths, ContainerSubnet.Default, "/run/c/seccomp").Split('\n');

        Assert.Superset(
            new HashSet<string>
            {
                "lxc.uts.name = penguin",
                "lxc.rootfs.path = dir:/state/penguin/rootfs",
                "lxc.idmap = u 0 1000000 65536",
                "lxc.idmap = g 0 1000000 65536",
                "lxc.seccomp.profile = /run/c/seccomp",
                "lxc.mount.entry = /opt/google/vmtools opt/google/cros-containers none bind,ro,create=dir 0 0",
                "lxc.net.0.link = lxdbr0",
                "lxc.net.0.ipv4.address = 100.115.93.2/24",
                "lxc.net.0.ipv4.gateway = 100.115.93.1",
            },
            lines.ToHashSet());
    }

    [Fact]
    public void The_profile_refuses_vsock_sockets_and_what_could_make_them_unseen()
    {
        var lines = SeccompProfile.Text.Split('\n');

        Assert.Equal(["2", "denylist"], lines[..2]);
        Assert.Contains("socket errno 97 [0,40,SCMP_CMP_EQ]", lines);
        Assert.Contains("io_uring_setup errno 38", lines);
        Assert.Contains("socketcall errno 38", lines[Array.IndexOf(lines, "[x86]")..]);
    }

    [Fact]
    public void The_shell_server_runs_by_the_VMs_loader_for_the_first_user()
    {
        var command = string.Join(' ', LxcCommands.Attach(TestContainers.Name(), Paths, LxcCommands.ShellServer));

        Assert.StartsWith("lxc-attach --name=penguin --lxcpath=/state --clear-env ", command, StringComparison.Ordinal);
        Assert.EndsWith(
            " -- /opt/google/cros-containers/lib/ld-linux-x86-64.so.2 --library-path /opt/google/cros-containers/lib"
            + " /opt/google/cros-containers/vmtools-guest vshd --listen_fd=3 --passed_connections --log_kmsg=false --default_uid=1000",
            command,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_users_name_is_an_argument_and_no_part_of_the_script()
    {
        var command = LxcCommands.MakeUser(TestContainers.User());

        Assert.Equal(("ann", "sh"), (command[^1], command[^2]));
        Assert.DoesNotContain("ann", command[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("123\n", 123)]
    [InlineData("1", null)]
    [InlineData("", null)]
    [InlineData("-4", null)]
    [InlineData("12 34", null)]
    public void A_pid_is_a_number_above_one(string text, int? pid) => Assert.Equal(pid, LxcCommands.ParsePid(text));

    [Fact]
    public void The_last_words_are_the_exit_and_the_last_lines_of_the_console()
    {
        var console = string.Join("\r\n", Enumerable.Range(1, 30).Select(number => $"\x1b[1mline {number}\x1b[0m"));
        const string log = "lxc-start p 2026 INFO start - Child <12> ended on error (7)\nlxc-start p 2026 INFO last\n";

        var words = LastWords.Of(log, console).Split('\n');

        Assert.Equal("its init ended (exit code 7); the last lines of its console:", words[0]);
        Assert.Equal((21, "line 11", "line 30"), (words.Length, words[1], words[^1]));
    }

    [Fact]
    public void The_cause_of_a_failed_start_is_the_first_error_that_is_no_noise()
    {
        const string log =
            """
            lxc-start n 20261129202600.123 INFO     start - ../src/lxc/start.c:x:1 - fine
            lxc-start n 20261129202600.124 ERROR    commands - ../src/lxc/commands.c:x:2 - Connection reset by peer - Failed to receive
            lxc-start n 20261129202600.125 ERROR    start - ../src/lxc/start.c:start:2209 - No such file or directory - Failed to exec "/x"
            lxc-start n 20261129202600.126 ERROR    sync - ../src/lxc/sync.c:x:3 - An error occurred in another process
            """;

        Assert.Equal("Failed to exec \"/x\" (No such file or directory)", LastWords.Cause(log));
        Assert.Null(LastWords.Cause("fine"));
    }

    [Theory]
    [InlineData("Child <12> ended on signal (9)", "its init ended (signal 9) and wrote nothing to the console")]
    [InlineData("", "its init ended (exit code 0) and wrote nothing to the console")]
    [InlineData("Child <12> ended on error (x)", "its init ended (exit code 0) and wrote nothing to the console")]
    public void An_init_that_said_nothing_is_told_by_its_exit(string log, string words) => Assert.Equal(words, LastWords.Of(log, "\n"));
}
