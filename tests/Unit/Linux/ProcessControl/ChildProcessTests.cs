using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using Xunit;

namespace VmTools.Unit.Linux.ProcessControl;

public sealed class ChildProcessTests : IAsyncDisposable
{
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("exit 0", 0, null)]
    [InlineData("exit 3", 3, null)]
    [InlineData("exit 255", 255, null)]
    [InlineData("kill -TERM $$", null, Signal.Term)]
    [InlineData("kill -KILL $$", null, Signal.Kill)]
    public async Task The_end_is_told_as_code_or_signal(string script, int? code, Signal? signal)
    {
        var child = ChildProcess.Spawn(Shell(script), _reaper);

        Assert.Equal(new ExitStatus(code, signal), await child.Exited.WaitAsync(Cancel));
    }

    [Fact]
    public async Task A_child_sees_only_its_standard_streams_and_what_was_passed_in_order()
    {
        using var inherited = FdHandle.Open("/dev/zero", OpenFlags.ReadOnly);
        var (one, two) = UnixSocket.Pair();
        using var first = one;
        using var second = two;

        var output = await OutputOf(Shell("for f in /proc/self/fd/*; do echo ${f##*/}=$(readlink $f | tr -d 0-9[]); done") with
        {
            PassFds = [inherited, two],
        });

        // The glob's own directory is the shell's, opened and closed again; readlink runs in children of the shell.
        Assert.Equal(["0=/dev/null", "1=pipe:", "2=/dev/null", "3=/dev/zero", "4=socket:"], Lines(output).Take(5));
    }

    [Fact]
    public async Task Passed_fds_may_cross_over_the_numbers_they_already_have()
    {
        using var low = FdHandle.Open("/dev/zero", OpenFlags.ReadOnly);
        using var high = FdHandle.Open("/dev/full", OpenFlags.ReadOnly);

        var output = await OutputOf(Shell("readlink /proc/self/fd/3 /proc/self/fd/4 /proc/self/fd/5") with { PassFds = [high, low, high] });

        Assert.Equal(["/dev/full", "/dev/zero", "/dev/full"], Lines(output));
    }

    [Fact]
    public async Task Many_passed_fds_do_not_overwrite_each_other_on_the_way()
    {
        using var zero = FdHandle.Open("/dev/zero", OpenFlags.ReadOnly);
        using var full = FdHandle.Open("/dev/full", OpenFlags.ReadOnly);
        FdHandle[] passed = [.. Enumerable.Range(0, 400).Select(i => i % 2 == 0 ? zero : full)];

        var output = await OutputOf(Shell("i=3; while [ $i -lt 403 ]; do echo /proc/self/fd/$i; i=$((i+1)); done | xargs readlink") with
        {
            PassFds = passed,
        });

        Assert.Equal(Enumerable.Range(0, 400).Select(i => i % 2 == 0 ? "/dev/zero" : "/dev/full"), Lines(output));
    }

    [Fact]
    public async Task The_given_environment_is_the_whole_environment()
    {
        var output = await OutputOf(new SpawnRequest("/usr/bin/env", ["env"])
        {
            Environment = new Dictionary<string, string> { ["A"] = "1", ["B"] = "zwei wörter" },
        });

        Assert.Equal(["A=1", "B=zwei wörter"], Lines(output).Order());
    }

    [Fact]
    public async Task Without_an_environment_ours_is_handed_on()
    {
        var output = await OutputOf(Shell("echo $PATH"));

        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), Lines(output)[0]);
    }

    [Fact]
    public async Task A_program_is_searched_in_the_PATH_of_its_own_environment()
    {
        File.CreateSymbolicLink(_directory.File("hello"), "/bin/echo");

        var output = await OutputOf(new SpawnRequest("hello", ["hello", "found"])
        {
            SearchPath = true,
            Environment = new Dictionary<string, string> { ["PATH"] = $"/nowhere:{_directory.Path}" },
        });

        Assert.Equal("found\n", output);
    }

    [Theory]
    [InlineData("/nowhere/program", false, Errno.ENOENT)]
    [InlineData("/etc/passwd", false, Errno.EACCES)]
    [InlineData("/", false, Errno.EACCES)]
    [InlineData("no-such-program-here", true, Errno.ENOENT)]
    [InlineData("passwd", true, Errno.EACCES)]
    public void What_cannot_be_executed_is_told_with_the_reason(string program, bool search, Errno reason)
    {
        var request = new SpawnRequest(program, [program])
        {
            SearchPath = search,
            Environment = new Dictionary<string, string> { ["PATH"] = "/etc" },
        };

        var error = Assert.Throws<LinuxException>(() => ChildProcess.Spawn(request, _reaper));

        Assert.Equal(reason, error.Errno);
        Assert.Contains($"execute '{program}'", error.Message);
    }

    [Fact]
    public async Task The_working_directory_is_entered_and_a_missing_one_is_named()
    {
        Assert.Equal(_directory.Path + "\n", await OutputOf(Shell("pwd") with { WorkingDirectory = _directory.Path }));

        var error = Assert.Throws<LinuxException>(() => ChildProcess.Spawn(Shell("pwd") with { WorkingDirectory = "/nowhere" }, _reaper));
        Assert.Equal(Errno.ENOENT, error.Errno);
        Assert.Contains("'/nowhere'", error.Message);
    }

    [Fact]
    public async Task Signals_are_neither_ignored_nor_blocked_in_the_child()
    {
        var output = await OutputOf(Shell("grep -E 'Sig(Blk|Ign)' /proc/self/status"));

        // glibc leaves its own two signals, 32 and 33, ignored: no program can use them.
        var masks = Lines(output).Select(line => Convert.ToUInt64(line[8..], 16) & ~0x1_8000_0000ul);
        Assert.Equal([0ul, 0ul], masks);
    }

    [Fact]
    public async Task A_new_session_is_led_by_the_child()
    {
        var child = ChildProcess.Spawn(Shell("read wait") with { NewSession = true, StandardInput = OpenPipe(out var write) }, _reaper);

        var stat = await File.ReadAllTextAsync($"/proc/{child.Pid}/stat", Cancel);
        write.Dispose();

        Assert.Equal($"{child.Pid} {child.Pid}", string.Join(' ', stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[2..4]));
        await child.Exited.WaitAsync(Cancel);
    }

    [Fact]
    public async Task The_umask_is_the_childs_alone()
    {
        var before = await OutputOf(Shell("umask"));

        var output = await OutputOf(Shell("umask") with { Umask = UnixFileMode.GroupWrite | UnixFileMode.OtherRead });

        Assert.Equal("0024\n", output);
        Assert.Equal(before, await OutputOf(Shell("umask")));
    }

    [Fact]
    public async Task A_signal_reaches_the_child_and_none_afterwards_is_an_error()
    {
        var child = ChildProcess.Spawn(Shell("read wait") with { StandardInput = OpenPipe(out var write) }, _reaper);

        child.Signal(Signal.Usr1);

        Assert.Equal(new ExitStatus(null, Signal.Usr1), await child.Exited.WaitAsync(Cancel));
        child.Signal(Signal.Kill);
        write.Dispose();
    }

    [Fact]
    public void A_zero_character_in_an_argument_is_refused() =>
        Assert.Throws<ArgumentException>(() => ChildProcess.Spawn(new SpawnRequest("/bin/sh", ["sh", "a\0b"]), _reaper));

    public async ValueTask DisposeAsync()
    {
        await _reaper.DisposeAsync();
        _directory.Dispose();
    }

    private static SpawnRequest Shell(string script) => new("/bin/sh", ["sh", "-c", script]);

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static FdHandle OpenPipe(out FdHandle write)
    {
        (var read, write) = Pipe.Create();
        return read;
    }

    private async Task<string> OutputOf(SpawnRequest request)
    {
        var (read, write) = Pipe.Create();
        using var output = read;
        ChildProcess child;
        using (write)
        {
            child = ChildProcess.Spawn(request with { StandardOutput = write }, _reaper);
        }

        var text = await Task.Run(() => ChildOutput.ReadAll(output), Cancel);
        Assert.Equal(new ExitStatus(0, null), await child.Exited.WaitAsync(Cancel));
        return text;
    }
}
