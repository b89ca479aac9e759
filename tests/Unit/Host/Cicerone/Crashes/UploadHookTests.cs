using VmTools.Host.CrashStore.Settings;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Crashes;

/// <summary>The user's own program that is given each report.</summary>
public sealed class UploadHookTests : IDisposable
{
    private readonly TemporaryDirectory _programs = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Where the program may write, as whom it runs: in a directory for everybody.</summary>
    private string Seen => _programs.File("seen/file");

    public void Dispose() => _programs.Dispose();

    [Fact]
    public async Task It_gets_directory_id_and_the_files_and_nothing_else_of_ours()
    {
        await using var bench = Start("""echo "$#|$1|$2"; cat <&3; env; ls /proc/self/fd | tr '\n' ' '; grep -E '^(NoNewPrivs|CapEff|Uid)' /proc/self/status""");

        await bench.SendAsync(40, CrashBench.Report(4, ("exec_name", "sleep")));
        await Waiting.UntilAsync(() => bench.Status.FinishedUploads == 1);

        var seen = await File.ReadAllTextAsync(Seen, Cancel);
        var report = Assert.Single(bench.Stored("dev"));
        Assert.StartsWith($"2|{report.Directory.Path}|{report.Id}\nexec_name=sleep\n", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("HOME=", seen, StringComparison.Ordinal);
        Assert.Contains("\n0 1 2 3 4 5 ", seen, StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000000000", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("Uid:\t0", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_reads_the_minidump_and_finds_nothing_where_there_is_no_process_tree()
    {
        await using var bench = Start("wc -c <&4; wc -c <&5");
        var report = CrashBench.Report(1234);
        report.ProcessTree = "";

        await bench.SendAsync(40, report);
        await Waiting.UntilAsync(() => bench.Status.FinishedUploads == 1);

        Assert.Equal("1234\n0\n", await File.ReadAllTextAsync(Seen, Cancel));
    }

    [Fact]
    public async Task One_that_fails_is_counted_and_the_report_stays()
    {
        await using var bench = Start("exit 3");

        await bench.SendAsync(40, CrashBench.Report());
        await Waiting.UntilAsync(() => bench.Status.FailedUploads == 1);

        Assert.Single(bench.Stored("dev"));
    }

    [Fact]
    public async Task One_that_does_not_end_is_ended_and_the_next_report_has_its_turn()
    {
        await using var bench = Start("exec sleep 1000", TimeSpan.FromMilliseconds(300));

        await bench.SendAsync(40, CrashBench.Report());
        await bench.SendAsync(40, CrashBench.Report());

        await Waiting.UntilAsync(() => bench.Status.FailedUploads == 2);
        Assert.Equal(2, bench.Stored("dev").Count);
    }

    [Fact]
    public async Task One_that_is_not_there_is_counted()
    {
        await using var bench = CrashBench.Start(CrashSettings.Default with { UploadHook = "/nowhere/hook" }).Run("dev", 40);

        await bench.SendAsync(40, CrashBench.Report());

        await Waiting.UntilAsync(() => bench.Status.FailedUploads == 1);
    }

    [Fact]
    public async Task Endless_words_are_cut_and_do_not_end_it()
    {
        await using var bench = Start("head -c 10000000 /dev/zero >&2");

        await bench.SendAsync(40, CrashBench.Report());

        await Waiting.UntilAsync(() => bench.Status.FinishedUploads == 1);
    }

    private CrashBench Start(string script, TimeSpan? limit = null)
    {
        var seen = Path.GetDirectoryName(Seen)!;
        Directory.CreateDirectory(seen);
        File.SetUnixFileMode(seen, (UnixFileMode)0b111_111_111);
        File.SetUnixFileMode(_programs.Path, (UnixFileMode)0b111_101_101);
        var hook = _programs.File("hook");
        File.WriteAllText(hook, $"#!/bin/sh\nexec > {Seen}\n{script}\n");
        File.SetUnixFileMode(hook, (UnixFileMode)0b111_101_101);
        return CrashBench.Start(CrashSettings.Default with { UploadHook = hook, UploadLimit = limit ?? TimeSpan.FromSeconds(30) })
            .Run("dev", 40);
    }
}
