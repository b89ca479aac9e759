using System.Text.Json;
using CsCheck;
using VmTools.Host.CrashStore;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Unit.Crash.Fakes;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Crashes;

/// <summary><c>vmc crash show</c> on minidumps, whole ones and others.</summary>
public sealed class CrashShowTests : IDisposable
{
    private const string Lldb = "/usr/bin/lldb";

    private static readonly byte[] Whole = Converted.From(CoreBuilder.Crashed().Build()).Bytes;

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_died_where_and_why_is_told_without_a_debugger()
    {
        await StoreAsync(Whole);

        var run = await ShowAsync("--no-debugger");

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains(
            "SIGSEGV (11), code 1: it used an address that is not mapped, address 0xdead\n", run.Output, StringComparison.Ordinal);
        Assert.Contains(", which died:\n  #0   0x401010            prog+0x1010\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("rip    0x401010", run.Output, StringComparison.Ordinal);
        Assert.Contains("/bin/prog  abcdef01\n", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Missing:", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_get_the_same_as_json()
    {
        await StoreAsync(Whole);

        var json = JsonDocument.Parse((await ShowAsync("--json", "--no-debugger")).Output).RootElement;

        Assert.Equal("0xdead", json.GetProperty("signal").GetProperty("address").GetString());
        Assert.Equal("prog+0x1010", json.GetProperty("threads")[0].GetProperty("frames")[0].GetProperty("place").GetString());
        Assert.Equal("abcdef01", json.GetProperty("modules")[0].GetProperty("build_id").GetString());
        Assert.Equal("prog", json.GetProperty("metadata").GetProperty("exec_name").GetString());
    }

    [Fact]
    public async Task Without_lldb_it_says_what_brings_it()
    {
        await StoreAsync(Whole);

        Assert.Contains("'apt install lldb' brings it.", (await ShowAsync()).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_temporary_directory_it_shows_what_it_can_and_says_what_is_missing()
    {
        await StoreAsync(Whole);
        var tools = Directory.CreateDirectory(Path.Combine(_directory.Path, "tools")).FullName;
        await File.WriteAllTextAsync(Path.Combine(tools, "lldb"), "", Cancel);
        var instance = VmcRun.InstanceWith(new() { ["PATH"] = tools, ["TMPDIR"] = "/nonexistent" }, _directory.Path);

        var run = await VmcRun.OfAsync(instance, ["crash", "show", "latest"], Cancel);

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("SIGSEGV", run.Output, StringComparison.Ordinal);
        Assert.Contains("'/nonexistent' cannot be used: it is not there. TMPDIR names another.", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stacks_are_lldbs_where_it_is_installed()
    {
        await StoreAsync(Whole);

        var run = await ShowWithLldbAsync();

        Assert.Contains("  #0   0x401010            prog+0x1010\n", run.Output, StringComparison.Ordinal);
        Assert.Contains(
            "Functions of /bin/prog have no names: a binary with symbols, or a debug file, of build id abcdef01", run.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_return_address_that_is_signed_does_not_end_the_stack()
    {
        await StoreAsync(Converted.From(RecordedCore.Arm64()).Bytes);

        var run = await ShowWithLldbAsync("--all");

        Assert.Contains(
            "  #0   0xaaaac5d11264      die+0x1264\n  #1   0xffffbc9dedd8      libc.so.6+0x7edd8\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--sysroot", "/nowhere")]
    [InlineData("--symbols", "/nowhere")]
    public async Task A_place_that_is_not_there_is_told(string option, string path)
    {
        await StoreAsync(Whole);

        Assert.Equal(new VmcRun(1, "", "vmc: There is no '/nowhere'.\n"), await ShowAsync(option, path));
    }

    [Fact]
    public async Task A_damaged_minidump_is_shown_as_far_as_it_can_be()
    {
        var report = await StoreAsync(Whole);

        await Gen.Select(Gen.Int[0, Whole.Length - 1], Gen.Byte.Array[1, 8], Gen.Int[0, Whole.Length]).SampleAsync(async damage =>
        {
            var (at, bytes, length) = damage;
            var damaged = Whole.ToArray();
            bytes.AsSpan(0, Math.Min(bytes.Length, damaged.Length - at)).CopyTo(damaged.AsSpan(at));
            await File.WriteAllBytesAsync(report.Dump, damaged.AsMemory(0, Math.Max(length, damaged.Length / 2)), Cancel);

            var run = await ShowAsync("-a", "--maps", "--no-debugger");

            Assert.Equal((0, ""), (run.Code, run.Error));
            Assert.DoesNotContain(run.Output, letter => char.IsControl(letter) && letter is not ('\n' or '\t'));
        }, iter: 300, threads: 1);
    }

    private Task<VmcRun> ShowAsync(params string[] options) => ShowWithAsync("/nowhere", options);

    private Task<VmcRun> ShowWithLldbAsync(params string[] options)
    {
        if (!File.Exists(Lldb))
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "1", "CI must have lldb installed.");
            Assert.Skip("lldb is not installed.");
        }

        return ShowWithAsync("/usr/bin:/bin", options);
    }

    private Task<VmcRun> ShowWithAsync(string path, params string[] options) =>
        VmcRun.OfAsync(InstanceWith(path), ["crash", "show", "latest", .. options], Cancel);

    private HostInstance InstanceWith(string path) => VmcRun.InstanceWith(new() { ["PATH"] = path }, _directory.Path);

    private async Task<StoredReport> StoreAsync(byte[] dump)
    {
        var instance = InstanceWith("");
        using var store = new CrashReports(instance.Directories, CrashLimits.Default, TimeProvider.System);
        var report = new NewReport
        {
            Metadata = new CrashMetadata(new Dictionary<string, string> { ["exec_name"] = "prog", ["sig"] = "11" }),
            Dump = dump,
        };
        return (await store.AddAsync(new VmId(instance.Owner, VmId.ParseName("demo")), report, Cancel)).Report;
    }
}
