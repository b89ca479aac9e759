using Microsoft.Extensions.Logging;
using VmTools.Host.Daemon;
using VmTools.Linux;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Daemon;

/// <summary>A daemon's log file is begun anew at a limit; one that is not the daemon's own is left alone.</summary>
public sealed class DaemonLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_file_of_the_runtime_directory_is_bounded_with_one_predecessor()
    {
        using var error = Open("vm_concierge.log");
        var log = new DaemonLog("vm_concierge", TimeProvider.System, error);
        log.OwnIfOurs(_directory.File("vm_concierge.log"));

        Flood(log, 3 << 20);

        Assert.Equal(["vm_concierge.log", "vm_concierge.log.1"], Files());
        Assert.All(Files(), file => Assert.InRange(new FileInfo(_directory.File(file)).Length, 1, 1 << 20));
    }

    [Fact]
    public void The_log_of_the_bus_is_left_for_a_file_of_the_daemons_own()
    {
        using var error = Open("bus.log");
        var log = new DaemonLog("vm_concierge", TimeProvider.System, error);

        log.OwnIfOurs(_directory.File("vm_concierge.log"));
        Flood(log, 1);

        Assert.Equal(["bus.log", "vm_concierge.log"], Files());
        Assert.Empty(File.ReadAllText(_directory.File("bus.log")));
        Assert.Contains("vm_concierge: xxx", File.ReadAllText(_directory.File("vm_concierge.log")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_somebody_elses_is_theirs()
    {
        using var error = Open("mine.log");
        var log = new DaemonLog("vm_concierge", TimeProvider.System, error);

        log.OwnIfOurs("/run/elsewhere/vm_concierge.log");
        Flood(log, 2 << 20);

        Assert.Equal(["mine.log"], Files());
    }

    private FdHandle Open(string name) => FdHandle.Open(
        _directory.File(name), OpenFlags.Create | OpenFlags.WriteOnly | OpenFlags.Append, UnixFileMode.UserRead | UnixFileMode.UserWrite);

    private string[] Files() =>
        [.. Directory.GetFiles(_directory.Path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private static void Flood(DaemonLog log, int bytes)
    {
        var text = new string('x', 1000);
        for (var written = 0; written < bytes; written += text.Length)
        {
            log.Lines.Log(LogLevel.Warning, default, text, null, static (state, _) => state);
        }
    }
}
