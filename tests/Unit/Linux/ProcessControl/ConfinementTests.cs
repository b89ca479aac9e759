using VmTools.Linux.Accounts;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Rights;
using Xunit;

namespace VmTools.Unit.Linux.ProcessControl;

/// <summary>What a child can still do that is started under a confinement.</summary>
public sealed class ConfinementTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static bool HasLandlock => Landlock.Ask().Version > 0;

    [Fact]
    public async Task It_reaches_the_files_it_is_allowed_and_no_others()
    {
        Assert.SkipUnless(HasLandlock, "This kernel has no Landlock.");
        var allowed = Directory.CreateDirectory(_directory.File("allowed")).FullName;
        File.WriteAllText(Path.Combine(allowed, "mine"), "mine\n");
        File.WriteAllText(_directory.File("other"), "other\n");

        var output = await RunAsync(
            $"cat {allowed}/mine; cat {_directory.File("other")}; echo x > {allowed}/new && echo made; "
            + $"echo x > {_directory.File("new")} && echo made",
            Shell().Allow(LandlockAccess.Own, allowed));

        Assert.Equal("mine\nmade\n", output);
        Assert.False(File.Exists(_directory.File("new")));
    }

    [Fact]
    public async Task A_file_that_is_allowed_does_not_open_its_directory()
    {
        Assert.SkipUnless(HasLandlock, "This kernel has no Landlock.");
        File.WriteAllText(_directory.File("log"), "");
        File.WriteAllText(_directory.File("other"), "");

        await RunAsync(
            $"echo x >> {_directory.File("log")}; echo x >> {_directory.File("other")}",
            Shell().Allow(LandlockAccess.ReadFile | LandlockAccess.WriteFile, _directory.File("log")));

        Assert.Equal("x\n", File.ReadAllText(_directory.File("log")));
        Assert.Equal("", File.ReadAllText(_directory.File("other")));
    }

    [Fact]
    public async Task It_has_no_capabilities_and_gains_no_privileges()
    {
        var output = await RunAsync("grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs):' /proc/self/status", Shell());

        Assert.Equal(
            "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n",
                output);
    }

    [Fact]
    public async Task Another_user_starts_with_nothing_in_the_bounding_set()
    {
        Assert.SkipUnless(Users.EffectiveId == 0, "Only root starts programs as another user.");

        var output = await RunAsync("id -u; grep CapBnd /proc/self/status", Shell(), new Credentials(65534, 65534, [65534]));

        Assert.Equal("65534\nCapBnd:\t0000000000000000\n", output);
    }

    [Fact]
    public void This_process_and_its_other_children_keep_what_they_have()
    {
        Assert.True(File.Exists("/etc/passwd"));
        Assert.NotEmpty(File.ReadAllText("/etc/passwd"));
    }

    public void Dispose() => _directory.Dispose();

    private static LandlockRules Shell() => new LandlockRules { Apart = true }
        .Allow(LandlockAccess.Read | LandlockAccess.Execute, "/bin", "/usr", "/lib", "/lib64")
        .Allow(LandlockAccess.Read, "/proc", "/etc/ld.so.cache");

    private static async Task<string> RunAsync(string line, LandlockRules files, Credentials? user = null)
    {
        await using var reaper = Reaper.ForChildren();
        var (output, _) = await ChildOutput.OfAsync(
            new SpawnRequest("/bin/sh", ["sh", "-c", $"exec 2>&-; {line}"])
            {
                Confinement = new Confinement { Files = files },
                RunAs = user,
                WorkingDirectory = "/"
            },
            reaper,
            Cancel);
        return output;
    }
}
