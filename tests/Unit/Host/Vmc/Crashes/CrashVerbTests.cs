using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.CrashStore;
using VmTools.Host.CrashStore.Settings;
using VmTools.Host.Instance;
using VmTools.Host.LogStore;
using VmTools.Host.Vmc;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vms;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Crashes;

/// <summary><c>vmc crash</c> on files, without any daemon.</summary>
public sealed class CrashVerbTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 28, 16, 32, 8, TimeSpan.Zero);

    private static readonly string[] Columns = ["id", "vm", "kind", "executable", "signal", "time"];

    private readonly TemporaryDirectory _directory = new();
    private readonly HostInstance _instance;
    private readonly FakeTimeProvider _clock = new(Start);
    private readonly CrashReports _store;

    public CrashVerbTests()
    {
        _instance = VmcRun.InstanceWith(new() { ["XDG_CONFIG_HOME"] = _directory.File("config"), ["PATH"] = "/nowhere" }, _directory.Path);
        _store = new CrashReports(_instance.Directories, CrashLimits.Default, _clock);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Programs_services_and_kernels_are_one_list_in_the_order_in_which_they_came()
    {
        var program = await AddAsync("demo", ("exec_name", "sleep"), ("sig", "11"), ("pid", "12"), ("os_millis", "1795883500000"));
        var service = await AddAsync("other", ("exec_name", "vshd"), ("host_kind", "service"));
        WriteKernel("demo", Start.AddSeconds(10), "Oops: 1", "Kernel panic - not syncing: Fatal exception");

        var run = await RunAsync("crash", "list", "--json");

        var rows = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(
            [$"{program} demo program sleep SIGSEGV 2026-11-28T16:31:40.000000Z",
                $"{service} other service vshd  2026-11-28T16:32:10.000000Z"],
            rows.EnumerateArray().Take(2).Select(RowText));
        Assert.Equal("demo kernel kernel panic 2026-11-28T16:32:18.000000Z", RowText(rows[2])[(program.Length + 1)..]);
        Assert.Equal(3, rows.GetArrayLength());
    }

    [Fact]
    public async Task The_list_of_one_vm_is_a_table_for_people()
    {
        var id = await AddAsync("demo", ("exec_name", "sleep\u001b[2J"), ("sig", "6"), ("pid", "12"));
        await AddAsync("other", ("exec_name", "x"));

        var run = await RunAsync("crash", "list", "demo");

        Assert.StartsWith("TIME", run.Output, StringComparison.Ordinal);
        Assert.Contains(id, run.Output, StringComparison.Ordinal);
        Assert.Contains("SIGABRT", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
        Assert.Equal(2, run.Output.Trim().Split('\n').Length);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show", "latest")]
    public async Task What_turns_text_around_does_not_reach_the_terminal(params string[] verb)
    {
        await AddAsync("demo", ("exec_name", "sl\u202eeep\u200b"), ("sig", "6"), ("pid", "12"));

        var text = await RunAsync(["crash", .. verb]);
        var json = await RunAsync(["crash", .. verb, "--json"]);

        Assert.Contains("sl\ufffdeep\ufffd", text.Output, StringComparison.Ordinal);
        Assert.Contains("\"sl\\u202Eeep\\u200B\"", json.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(text.Output + json.Output, letter => letter is '\u202e' or '\u200b');
    }

    [Fact]
    public async Task The_lines_of_a_kernel_are_safe_where_they_are_exported_to_a_terminal()
    {
        WriteKernel("demo", Start, "Kernel panic - not syncing: \u202eFatal");
        using var shown = new StringWriter();
        var console = new VmcConsole(shown, TextWriter.Null, TextReader.Null) { IsOutputTerminal = true };

        await VmcProgram.RunAsync(["crash", "export", "latest", "-"], new VmcContext(_instance, console), Cancel);

        Assert.Equal("Kernel panic - not syncing: \ufffdFatal\n", shown.ToString());
    }

    [Fact]
    public async Task Nothing_is_said_to_be_nothing() =>
        Assert.Equal(new VmcRun(0, "", "Nothing crashed, as far as is known.\n"), await RunAsync("crash", "list"));

    [Fact]
    public async Task A_kernels_crash_has_the_same_id_each_time_and_is_shown_with_its_lines()
    {
        WriteKernel("demo", Start, "Oops: 1", "RIP: 0010:x", "Kernel panic - not syncing: Fatal exception");
        WriteKernel("demo", Start.AddMinutes(5), "BUG: unable to handle page fault");
        var first = JsonDocument.Parse((await RunAsync("crash", "list", "--json")).Output).RootElement[0].GetProperty("id").GetString()!;

        var run = await RunAsync("crash", "show", first);

        Assert.Equal(0, run.Code);
        Assert.StartsWith("The kernel met a panic: Fatal exception\n", run.Output, StringComparison.Ordinal);
        Assert.Contains(
            "\nKernel:\n  Oops: 1\n  RIP: 0010:x\n  Kernel panic - not syncing: Fatal exception\n", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("page fault", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_is_found_by_the_beginning_of_its_id_or_of_what_is_behind_the_hyphen()
    {
        var first = await AddAsync("demo", ("exec_name", "first"));
        var second = await AddAsync("demo", ("exec_name", "second"));

        Assert.Contains("first died", (await RunAsync("crash", "show", first)).Output, StringComparison.Ordinal);
        Assert.Contains("second died", (await RunAsync("crash", "show", second.Split('-')[1])).Output, StringComparison.Ordinal);
        Assert.Contains("second died", (await RunAsync("crash", "show", "latest")).Output, StringComparison.Ordinal);
        Assert.Equal($"vmc: '2026' may mean 2 crash reports: {first}, {second}.\n", (await RunAsync("crash", "show", "2026")).Error);
        Assert.Equal(
            new VmcRun(1, "", "vmc: There is no crash report 'zz'. 'vmc crash list' shows them.\n"), await RunAsync("crash", "show", "zz"));
    }

    [Fact]
    public async Task A_minidump_that_is_none_is_said_to_be_and_the_rest_is_shown()
    {
        await AddAsync("demo", ("exec_name", "sleep"), ("sig", "11"), ("kernel", "6.12"));

        var run = await RunAsync("crash", "show", "latest");

        Assert.StartsWith("sleep died of SIGSEGV.\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("\n  kernel: 6.12\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("\nProcesses:\n  ### Process 12\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("\nMissing:\n  This is no minidump", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_is_the_files_of_the_report_for_the_owners_eyes_and_replaces_nothing()
    {
        var id = await AddAsync("demo", ("exec_name", "sleep"));
        var to = Directory.CreateDirectory(_directory.File("to")).FullName;

        var run = await RunAsync("crash", "export", id, to);
        var again = await RunAsync("crash", "export", id, to);
        var alone = await RunAsync("crash", "export", id, _directory.File("alone.dmp"));

        Assert.Equal($"{to}/{id}.dmp\n{to}/{id}.meta\n{to}/{id}.proclog\n", run.Output);
        Assert.All(Directory.GetFiles(to), file => Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Equal(1, again.Code);
        Assert.Equal(0, alone.Code);
        Assert.Equal("the dump", await File.ReadAllTextAsync(_directory.File("alone.dmp"), Cancel));
    }

    [Fact]
    public async Task A_kernels_crash_is_exported_as_its_lines()
    {
        WriteKernel("demo", Start, "Oops: 1", "RIP: 0010:x");

        var run = await RunAsync("crash", "export", "latest", _directory.File("oops.log"));

        Assert.Equal(0, run.Code);
        Assert.Equal("Oops: 1\nRIP: 0010:x\n", await File.ReadAllTextAsync(_directory.File("oops.log"), Cancel));
    }

    [Fact]
    public async Task Reports_are_removed_by_id_by_vm_and_all()
    {
        var first = await AddAsync("demo", ("exec_name", "a"));
        await AddAsync("demo", ("exec_name", "b"));
        await AddAsync("other", ("exec_name", "c"));
        await AddAsync("other", ("exec_name", "d"));
        WriteKernel("other", Start, "Oops: 1");

        Assert.Equal("1 report is removed.\n", (await RunAsync("crash", "remove", first)).Output);
        Assert.Equal("1 report is removed.\n", (await RunAsync("crash", "remove", "--vm", "demo")).Output);
        var all = await RunAsync("crash", "remove", "--all");

        Assert.Equal("2 reports are removed.\n", all.Output);
        Assert.Contains("1 of a kernel stay", all.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(CrashDirectory.RootOf(_instance.Directories, _instance.Owner), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_mistake_in_one_id_removes_nothing()
    {
        var id = await AddAsync("demo", ("exec_name", "a"));

        Assert.Equal(1, (await RunAsync("crash", "remove", id, "nothing")).Code);

        Assert.Contains("a died", (await RunAsync("crash", "show", id)).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("crash", "remove")]
    [InlineData("crash", "remove", "x", "--all")]
    [InlineData("crash", "remove", "--vm", "demo", "--all")]
    [InlineData("crash", "consent", "maybe")]
    [InlineData("crash", "show")]
    public async Task A_mistake_is_one_sentence_and_where_the_help_is(params string[] arguments)
    {
        var run = await RunAsync(arguments);

        Assert.Equal(2, run.Code);
        Assert.Equal(2, run.Error.Trim().Split('\n').Length);
    }

    [Fact]
    public async Task Consent_is_the_users_own_and_off_until_it_is_on_again()
    {
        var consent = CrashConfiguration.ConsentOf(_instance.Uid, _instance.Environment);

        Assert.Equal("on\n", (await RunAsync("crash", "consent")).Output);
        Assert.Equal("off\n", (await RunAsync("crash", "consent", "off")).Output);
        Assert.False(consent.IsGranted());
        Assert.Equal("off\n", (await RunAsync("crash", "consent")).Output);
        Assert.Equal("on\n", (await RunAsync("crash", "consent", "on")).Output);
        Assert.True(consent.IsGranted());
    }

    private Task<VmcRun> RunAsync(params string[] arguments) => VmcRun.OfAsync(_instance, arguments, Cancel);

    private static string RowText(JsonElement row) =>
        string.Join(' ', Columns.Select(name => row.TryGetProperty(name, out var value) ? value.GetString() : ""));

    private async Task<string> AddAsync(string vm, params (string Key, string Value)[] fields)
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        var metadata = fields.ToDictionary(field => field.Key, field => field.Value);
        metadata.TryAdd(
            CrashMetadata.ReceivedKey, _clock.GetUtcNow().ToUnixTimeMilliseconds()
            .ToString(System.Globalization.CultureInfo.InvariantCulture));
        var report = new NewReport
        {
            Metadata = new CrashMetadata(metadata),
            Dump = metadata.ContainsKey(CrashMetadata.KindKey) ? default : "the dump"u8.ToArray(),
            ProcessTree = "### Process 12\nName:\tsleep\n"u8.ToArray(),
        };
        return (await _store.AddAsync(new VmId(_instance.Owner, VmId.ParseName(vm)), report, Cancel)).Report.Id.Value;
    }

    private void WriteKernel(string vm, DateTimeOffset time, params string[] lines)
    {
        var places = VmLogPaths.Of(_instance.Directories, new VmId(_instance.Owner, VmId.ParseName(vm)));
        Directory.CreateDirectory(places.Directory);
        var output = new ArrayBufferWriter<byte>();
        foreach (var line in lines)
        {
            new StoredLine(time, 0, 40, Encoding.UTF8.GetBytes(line)).WriteTo(output);
        }

        File.AppendAllText(places.Panics, Encoding.UTF8.GetString(output.WrittenSpan));
    }
}
