using System.Diagnostics;
using System.Globalization;
using System.Text;
using VmTools.DBus;
using VmTools.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.DBus;

/// <summary>A dbus-daemon of the test's own, in a directory of its own, with no other services on it.</summary>
public sealed class TestBus : IAsyncDisposable
{
    private readonly Process _daemon;

    private TestBus(Process daemon, string directory)
    {
        _daemon = daemon;
        Directory = directory;
    }

    /// <summary>The effective uid of this process.</summary>
    public static uint OwnUid { get; } = uint.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2],
        CultureInfo.InvariantCulture);

    public string Directory { get; }

    public string Address => BusAddress.ForSocket(Path.Combine(Directory, "bus"));

    /// <summary>Started and listening, in a directory whose name begins so.</summary>
    public static async Task<TestBus> StartAsync(string prefix = "vmtools-bus-")
    {
        const string Program = "/usr/bin/dbus-daemon";
        if (!File.Exists(Program))
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "1", "CI must have dbus-daemon installed.");
            Assert.Skip("dbus-daemon is not installed.");
        }

        var directory = System.IO.Directory.CreateTempSubdirectory(prefix).FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)Convert.ToInt32("755", 8));
        var configuration = Path.Combine(directory, "bus.conf");
        await File.WriteAllTextAsync(configuration, $"""
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
              <listen>{BusAddress.ForSocket(Path.Combine(directory, "bus"))}</listen>
              <auth>EXTERNAL</auth>
              <policy context="default">
                <allow user="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
              </policy>
              <limit name="max_replies_per_connection">100000</limit>
            </busconfig>
            """);
        var daemon = Process.Start(new ProcessStartInfo(Program, ["--nofork", "--print-address=1", "--config-file=" + configuration])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        // It complains of limits that it cannot raise here; what it says matters where it does not start.
        var complaints = new StringBuilder();
        daemon.ErrorDataReceived += (_, line) => complaints.AppendLine(line.Data);
        daemon.BeginErrorReadLine();
        Assert.True(await daemon.StandardOutput.ReadLineAsync() is not null, complaints.ToString());
        return new TestBus(daemon, directory);
    }

    public Task<BusConnection> ConnectAsync() => BusConnection.OpenAsync(Address, TestContext.Current.CancellationToken);

    /// <summary>The bus reads and answers nothing until it may go on.</summary>
    public void Pause(bool isPaused) =>
        Processes.Signal(_daemon.Id, isPaused ? Signal.Stop : Signal.Cont);

    public async Task KillAsync()
    {
        _daemon.Kill();
        await _daemon.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _daemon.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
