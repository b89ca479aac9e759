using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Network;

/// <summary>dnsmasq on the bridge, kept running. One that an earlier tremplin has started is replaced.</summary>
internal sealed partial class NameServer(string directory, ToolRun tools, TimeProvider clock, ILogger log) : IAsyncDisposable
{
    private const int MaxPidBytes = 32;

    private readonly CancellationTokenSource _closing = new();
    private volatile ChildProcess? _child;
    private Task _keeping = Task.CompletedTask;

    private string ConfigFile => $"{directory}/dnsmasq.conf";

    /// <summary>Starts it; it answers a moment later.</summary>
    public void Start(ContainerSubnet subnet, string bridge)
    {
        Write(ConfigFile, DnsmasqConfig.Text(subnet, bridge, directory));
        EndFormer();
        _keeping = KeepAsync();
    }

    /// <summary>Tells it which containers there are.</summary>
    public void Know(IReadOnlyList<(string Name, IPAddress Address)> containers)
    {
        Write($"{directory}/dnsmasq.names", DnsmasqConfig.Names(containers));
        Write($"{directory}/dnsmasq.cards", DnsmasqConfig.Cards(containers));

        // It reads these files again at SIGHUP, and the VM's name servers when their file has changed.
        Reload();
    }

    /// <summary>Forgets what it has looked up, and reads its files again.</summary>
    public void Reload() => _child?.Signal(Signal.Hup);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _child?.Signal(Signal.Term);
        await _keeping;
        _closing.Dispose();
    }

    private async Task KeepAsync()
    {
        var pauses = new BackOff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        try
        {
            while (true)
            {
                var reason = await RunOnceAsync();
                var pause = pauses.Next();
                LogEnded(reason, pause.TotalSeconds);
                await Task.Delay(pause, clock, _closing.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // tremplin ends.
        }
    }

    /// <summary>Why it does not run any more.</summary>
    private async Task<string> RunOnceAsync()
    {
        try
        {
            _child = tools.Start(["dnsmasq", "--keep-in-foreground", $"--conf-file={ConfigFile}"], output: null, []);
            var status = await _child.Exited.WaitAsync(_closing.Token);
            return status.ToString();
        }
        catch (VmToolsException failure)
        {
            return failure.Message;
        }
        finally
        {
            _child = null;
        }
    }

    /// <summary>The number may stand for another program by now: only one with our file in its arguments is meant.</summary>
    private void EndFormer()
    {
        try
        {
            var text = Encoding.ASCII.GetString(SmallFile.Read($"{directory}/dnsmasq.pid", MaxPidBytes));
            if (int.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && Processes.CommandLineOf(pid)?.Contains(ConfigFile, StringComparison.Ordinal) == true)
            {
                _ = Processes.Signal(pid, Signal.Kill);
            }
        }
        catch (LinuxException)
        {
            // There was none.
        }
    }

    /// <summary>0644: dnsmasq reads them as a user of its own.</summary>
    private static void Write(string path, string text) =>
        AtomicFile.Write(path, Encoding.ASCII.GetBytes(text), (UnixFileMode)0x1A4);

    [LoggerMessage(1881, LogLevel.Error, "the containers' name server has ended ({Reason}); it is started again in {Seconds} s")]
    private partial void LogEnded(string reason, double seconds);
}
