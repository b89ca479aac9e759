using System.Buffers;
using System.Text;
using System.Text.Json;
using VmTools.Host.Instance;
using VmTools.Host.LogStore;
using VmTools.Host.Vmc;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Machines;
using VmTools.Host.Vms;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Logs;

/// <summary><c>vmc logs</c> on files, without any daemon.</summary>
public sealed class LogsVerbTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HostInstance _instance;
    private readonly VmLogPaths _places;

    public LogsVerbTests()
    {
        _instance = VmcRun.InstanceWith([], _directory.Path);
        _places = VmLogPaths.Of(_instance.Directories, new VmId(_instance.Owner, VmId.ParseName("demo")));
        Directory.CreateDirectory(_places.Directory);
        Write(LogSource.Kernel, 1, 6, "first");
        Write(LogSource.User, 2, 3, "sshd: refused");
        Write(LogSource.Console, 3, 5, "login:");
        Write(LogSource.User, 4, 7, "größer");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("first|sshd: refused|login:|größer")]
    [InlineData("first", "--kernel")]
    [InlineData("sshd: refused|größer", "--user")]
    [InlineData("first|login:", "--console", "--kernel")]
    [InlineData("sshd: refused|login:", "--severity", "notice")]
    [InlineData("sshd: refused", "--grep", "^sshd.*d$")]
    [InlineData("login:|größer", "-n", "2")]
    [InlineData("sshd: refused", "--user", "-n", "1", "--severity", "3")]
    [InlineData("login:|größer", "--since", "2030-01-01T00:00:03Z")]
    [InlineData("first|sshd: refused", "--until", "2030-01-01T00:00:02Z")]
    [InlineData("Oops: 1", "--panic")]
    [InlineData("first|Oops: 1", "--panic", "--kernel")]
    public async Task What_is_asked_for_is_told_by_time(string texts, params string[] options)
    {
        WriteTo(_places.Panics, 9, 2, "Oops: 1");

        var run = await RunAsync(options);

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(texts, string.Join('|', run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[33..])));
    }

    [Fact]
    public async Task Programs_get_an_object_a_line()
    {
        var run = await RunAsync("--json", "-n", "1");

        Assert.Equal(
            """{"time":"2030-01-01T00:00:04.000000Z","source":"user","facility":"user","severity":"debug","vm":"demo","cid":33,"message":"größer"}""" + "\n", run.Output);
    }

    [Fact]
    public async Task What_the_host_says_is_told_from_a_guest_that_imitates_it()
    {
        const string text = "vmlog_forwarder: 5 records (75 bytes) dropped: more than 1 records/s";
        var host = new StoredLine(Time(10), new LogPriority(LogFacility.Syslog, 4), 33, Encoding.UTF8.GetBytes(text));
        Write(_places.FileOf(LogSource.User), host);
        Write(LogSource.User, 11, 4, text);

        var run = await RunAsync("-n", "2");
        var json = await RunAsync("-n", "2", "--json");

        Assert.Equal(["host     " + text, "user     " + text], run.Output.TrimEnd('\n').Split('\n').Select(line => line[24..]));
        Assert.Equal(
            ["syslog", "user"],
            json.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement.GetProperty("facility").GetString()));
    }

    [Fact]
    public async Task An_option_is_not_taken_for_a_file() =>
        Assert.StartsWith(
            "vmc: 'vmc logs' has no option '-n5'. Did you mean '-n 5'?", (await RunAsync("-n5")).Error, StringComparison.Ordinal);

    [Fact]
    public async Task A_search_without_a_find_says_so() =>
        Assert.Equal(new VmcRun(0, "", "Nothing in the log of VM 'demo' is what you look for.\n"), await RunAsync("--grep", "absent"));

    [Fact]
    public async Task A_terminal_shows_severities_in_colour_unless_it_is_told_not_to()
    {
        using var coloured = new StringWriter { NewLine = "\n" };
        using var plain = new StringWriter { NewLine = "\n" };

        await VmcProgram.RunAsync(
            ["logs", "demo", "--severity", "err"], new VmcContext(_instance, Terminal(coloured) with { HasColours = true }), Cancel);
        await VmcProgram.RunAsync(["logs", "demo", "--severity", "err"], new VmcContext(_instance, Terminal(plain)), Cancel);

        Assert.Equal($"\u001b[1;31m{plain.ToString().TrimEnd('\n')}\u001b[0m\n", coloured.ToString());
    }

    [Fact]
    public async Task What_turns_text_around_is_shown_as_a_sign_and_escaped_in_JSON()
    {
        Write(LogSource.User, 20, 6, "pay\u202e\u2066me\u200b");

        var line = await RunAsync("-n", "1");
        var json = await RunAsync("-n", "1", "--json");

        Assert.EndsWith("  pay\ufffd\ufffdme\ufffd\n", line.Output, StringComparison.Ordinal);
        Assert.Contains("\"pay\\u202E\\u2066me\\u200B\"", json.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_for_the_owner_and_replaces_nothing()
    {
        var file = _directory.File("copy");

        var first = await RunAsync(file);
        var second = await RunAsync(file);

        Assert.Equal((0, 1), (first.Code, second.Code));
        Assert.EndsWith("  größer\n", await File.ReadAllTextAsync(file, Cancel), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task Following_goes_on_over_a_rotation_until_the_reader_leaves()
    {
        var left = new TaskCompletionSource();
        using var output = new LineSignal();
        var console = new VmcConsole(output, TextWriter.Null, TextReader.Null) { ReaderLeftAsync = left.Task.WaitAsync };
        var running = VmcProgram.RunAsync(["logs", "demo", "-f", "-n", "1"], new VmcContext(_instance, console), Cancel);
        Assert.EndsWith("größer", await output.NextAsync(Cancel), StringComparison.Ordinal);

        RotatedFiles.Shift(_places.FileOf(LogSource.User), kept: 4);
        Write(LogSource.User, 5, 6, "after the rotation");

        Assert.EndsWith("after the rotation", await output.NextAsync(Cancel), StringComparison.Ordinal);
        left.SetResult();
        Assert.Equal(ExitCode.ReaderLeft, await running);
    }

    [Fact]
    public void A_VM_that_died_of_a_panic_is_told_so_until_it_is_heard_again()
    {
        Write(LogSource.Console, 9, 0, "[    0.1] Kernel panic - not syncing: no root");
        WriteTo(_places.Panics, 9, 0, "[    0.1] Kernel panic - not syncing: no root");
        var context = new VmcContext(_instance, Terminal(TextWriter.Null));
        Assert.StartsWith("kernel panic: no root (", LastPanic.Of(context, "demo"), StringComparison.Ordinal);

        Write(LogSource.Console, 30, 5, "login:");

        Assert.Null(LastPanic.Of(context, "demo"));
        Assert.Null(LastPanic.Of(context, "another"));
    }

    private static VmcConsole Terminal(TextWriter output) => new(output, TextWriter.Null, TextReader.Null) { IsOutputTerminal = true };

    private Task<VmcRun> RunAsync(params string[] options) => VmcRun.OfAsync(_instance, ["logs", "demo", .. options], Cancel);

    private void Write(LogSource source, int second, int severity, string text) => WriteTo(_places.FileOf(source), second, severity, text);

    private static void WriteTo(string path, int second, int severity, string text) =>
        Write(path, new StoredLine(Time(second), severity, 33, Encoding.UTF8.GetBytes(text)));

    private static void Write(string path, StoredLine line)
    {
        var bytes = new ArrayBufferWriter<byte>();
        line.WriteTo(bytes);
        File.AppendAllBytes(path, bytes.WrittenSpan);
    }

    private static DateTimeOffset Time(int second) => new(2030, 1, 1, 0, 0, second, TimeSpan.Zero);
}
