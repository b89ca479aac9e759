using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Terminals;
using VmTools.Unit.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Linux.Accounts;

public sealed class UsersTests : IAsyncDisposable
{
    private readonly Reaper _reaper = Reaper.ForChildren();

    [Theory]
    [InlineData("chronos:x:1000:1001:Chronos,,,:/home/chronos:/bin/bash", "chronos", 1000, 1001, "/home/chronos", "/bin/bash")]
    [InlineData("daemon:*:1:1::/:", "daemon", 1, 1, "/", "")]
    public void A_line_of_passwd_is_read(string line, string name, uint uid, uint gid, string home, string shell) =>
        Assert.Equal(new UserEntry(name, uid, gid, home, shell), Users.Parse(line));

    [Theory]
    [InlineData("")]
    [InlineData("# comment")]
    [InlineData("short:x:1:1")]
    [InlineData(":x:0:0::/:/bin/sh")]
    [InlineData("bad:x:-1:0::/:/bin/sh")]
    [InlineData("bad:x:4294967295:0::/:/bin/sh")]
    [InlineData("bad:x: 1:0::/:/bin/sh")]
    public void What_is_no_user_is_passed_over(string line) => Assert.Null(Users.Parse(line));

    [Fact]
    public void Groups_are_the_primary_and_those_that_list_the_user()
    {
        string[] lines = ["video:x:44:ann,bob", "audio:x:29:", "primary:x:1000:bob", "disk:x:6:bobby", "odd", "kvm:x:107:bob"];

        Assert.Equal([1000u, 44u, 107u], Users.GroupsOf(lines, "bob", 1000));
    }

    [Fact]
    public void Root_is_there_and_a_stranger_is_not()
    {
        Assert.True(Users.TryFindById(0, out var root));
        Assert.Equal("root", root.Name);
        Assert.True(Users.TryFindByName("root", out _));
        Assert.False(Users.TryFindByName("no such user", out _));
    }

    [Fact]
    public async Task A_program_runs_as_another_user_where_we_are_root_and_is_refused_where_we_are_not()
    {
        Users.TryFindByName("nobody", out var nobody);
        var request = new SpawnRequest("/bin/sh", ["sh", "-c", "id -u; id -g; id -G; grep -E '^Cap(Prm|Eff|Amb)|^Uid' /proc/self/status"])
        {
            RunAs = new Credentials(nobody!.Uid, nobody.Gid, [nobody.Gid, 4]),
        };

        if (Users.EffectiveId != 0)
        {
            Assert.Equal(Errno.EPERM, Assert.Throws<LinuxException>(() => ChildProcess.Spawn(request, _reaper)).Errno);
            return;
        }

        var (output, _) = await ChildOutput.OfAsync(request, _reaper, TestContext.Current.CancellationToken);

        var (uid, gid, none) = (nobody.Uid, nobody.Gid, new string('0', 16));
        Assert.Equal(
            $"{uid}\n{gid}\n{gid} 4\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nCapPrm:\t{none}\nCapEff:\t{none}\nCapAmb:\t{none}\n", output);
        Assert.All(
            Directory.GetDirectories("/proc/self/task").Select(task => StatusOf(task)).OfType<string>(),
            status => Assert.Contains("\nUid:\t0\t0\t0\t0\n", status));
    }

    [Fact]
    public async Task Another_user_works_at_a_terminal_of_its_own()
    {
        Assert.SkipWhen(Users.EffectiveId != 0, "Changing the user takes root.");
        Users.TryFindByName("nobody", out var nobody);
        using var terminal = PseudoTerminal.Open();

        var child = ChildProcess.Spawn(
            new SpawnRequest("/bin/sh", ["sh", "-c", "stat -c %u $(tty); echo again > $(tty)"])
            {
                ControllingTerminal = terminal.SlavePath,
                RunAs = new Credentials(nobody!.Uid, nobody.Gid, []),
            },
            _reaper);

        var output = await Task.Run(() => ChildOutput.ReadAll(terminal.Master), TestContext.Current.CancellationToken);
        Assert.Equal($"{nobody.Uid}\r\nagain\r\n", output);
        Assert.Equal(0, (await child.Exited.WaitAsync(TestContext.Current.CancellationToken)).Code);
    }

    [Fact]
    public void The_id_that_means_unchanged_is_refused_rather_than_running_as_root() =>
        Assert.Throws<ArgumentException>(() => ChildProcess.Spawn(
            new SpawnRequest("/bin/true", ["true"]) { RunAs = new Credentials(uint.MaxValue, 0, []) }, _reaper));

    public ValueTask DisposeAsync() => _reaper.DisposeAsync();

    /// <summary>Null for a thread that has ended since the list was made.</summary>
    private static string? StatusOf(string task)
    {
        try
        {
            return File.ReadAllText(task + "/status");
        }
        catch (IOException)
        {
            return null;
        }
    }

    [Theory]
    [InlineData("         0          0 4294967295", 0u, 0u)]
    [InlineData("0 1000000 65536", 1000007u, 7u)]
    [InlineData("0 1000000 65536", 0u, null)]
    [InlineData("0 1000000 65536", 1065536u, null)]
    [InlineData("garbage", 0u, null)]
    public void A_user_of_the_name_space_outside_has_the_id_that_the_map_gives(string map, uint outside, uint? here) =>
        Assert.Equal(here, Users.SeenFromHere([map], outside));
}
