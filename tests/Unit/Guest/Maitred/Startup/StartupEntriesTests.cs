using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Maitred.Startup;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Startup;

public sealed class StartupEntriesTests : IAsyncLifetime
{
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly Supervisor _supervisor;
    private readonly string _directory = Directory.CreateTempSubdirectory("vmtools-startup").FullName;
    private readonly string _out = Path.GetTempFileName();

    public StartupEntriesTests() =>
        _supervisor = new Supervisor(
            _reaper, new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" }, _ => { }, TimeProvider.System, NullLogger.Instance);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _supervisor.DisposeAsync();
        await _reaper.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
        File.Delete(_out);
    }

    [Fact]
    public async Task Entries_run_in_the_order_of_their_paths_whatever_their_names_end_in()
    {
        Write("50-second.textproto", "second");
        Write("100-first", "first");
        Write("50-second.textproto.d/inner", "inner");
        Write("90-last", "last");

        Assert.Equal(["first", "second", "inner", "last"], await RunAsync());
    }

    [Fact]
    public async Task What_cannot_be_understood_is_skipped()
    {
        Write("10", "before");
        await File.WriteAllTextAsync($"{_directory}/20", "this is no entry", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            $"{_directory}/30", "argv: \"x\" respawn: true wait_for_exit: true", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            $"{_directory}/40", "argv: \"no-such-program\" wait_for_exit: true", TestContext.Current.CancellationToken);
        Write("50", "after");

        Assert.Equal(["before", "after"], await RunAsync());
    }

    [Fact]
    public async Task A_failing_entry_does_not_stop_the_next()
    {
        Write("10", "failing", exitCode: 1);
        Write("20", "next");

        Assert.Equal(["failing", "next"], await RunAsync());
    }

    [Fact]
    public async Task A_directory_that_is_not_there_is_empty()
    {
        await new StartupEntries(_supervisor, TimeProvider.System, NullLogger.Instance)
            .RunAsync("/no/such/directory", TestContext.Current.CancellationToken);

        Assert.Equal("", await File.ReadAllTextAsync(_out, TestContext.Current.CancellationToken));
    }

    private void Write(string name, string word, int exitCode = 0)
    {
        var path = $"{_directory}/{name}";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"argv: ['sh', '-c', 'echo {word} >> {_out}; exit {exitCode}'] wait_for_exit: true");
    }

    private async Task<string[]> RunAsync()
    {
        await new StartupEntries(_supervisor, TimeProvider.System, NullLogger.Instance)
            .RunAsync(_directory, TestContext.Current.CancellationToken)
            .InTime();
        return await File.ReadAllLinesAsync(_out);
    }
}
