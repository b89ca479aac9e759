using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Resources;

/// <summary>
/// Sees to it that vmlog_forwarder runs on our bus: when a VM starts, and again when it ends while VMs run. VMs run without it too;
/// their guests keep their logs until it is back.
/// </summary>
internal sealed partial class LogForwarder(ConciergeEdges edges, HostInstance instance, string address, Func<bool> isNeeded) : IAsyncDisposable
{
    private const string Program = "vmlog_forwarder";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(5);

    /// <summary>One that ends as soon as it is started is not started all the time.</summary>
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _starting = new(1);
    private Task _watching = Task.CompletedTask;

    /// <summary>From now on it runs while VMs do, also those that run already.</summary>
    public void Watch() => _watching = WatchAsync();

    /// <summary>Returns once it serves, or has failed to within a few seconds, which is only noted.</summary>
    public async Task EnsureAsync()
    {
        try
        {
            await _starting.WaitAsync(_ending.Token);
            try
            {
                await StartAsync(_ending.Token);
            }
            finally
            {
                _starting.Release();
            }
        }
        catch (Exception failed) when (failed is DBusException or TimeoutException or VmToolsException or OperationCanceledException or IOException)
        {
            LogNotRunning(failed.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _watching;
    }

    private async Task StartAsync(CancellationToken cancel)
    {
        var names = edges.Bus.Names;
        if (await names.HasOwnerAsync(LogForwarderBus.Name, cancel))
        {
            return;
        }

        if ((await names.ActivatableAsync(cancel)).Contains(LogForwarderBus.Name))
        {
            await names.StartServiceAsync(LogForwarderBus.Name, cancel);
            return;
        }

        await using var watch = await names.WatchAsync(LogForwarderBus.Name, cancel);
        var record = Path.Combine(instance.Directories.Runtime, $"{Program}.log");
        var daemon = Detached.Start(CommandLine(), record, output: null, edges.Reaper);
        var owned = watch.ReadAsync(cancel).AsTask();
        if (await Task.WhenAny(owned, daemon.Exited).WaitAsync(StartLimit, instance.Clock, cancel) != owned)
        {
            throw new VmToolsException(ErrorKind.Unavailable, $"{Program} ended as soon as it was started. {record} says why.");
        }
    }

    private string[] CommandLine()
    {
        var link = Path.Combine(instance.ProgramDirectory, Program);
        return File.Exists(link)
            ? [link, $"--bus={address}"]
            : [Path.Combine(instance.ProgramDirectory, "vmtools"), Program, $"--bus={address}"];
    }

    private async Task WatchAsync()
    {
        try
        {
            await using var watch = await edges.Bus.Names.WatchAsync(LogForwarderBus.Name, _ending.Token);
            if (isNeeded())
            {
                await EnsureAsync();
            }

            await foreach (var signal in watch.ReadAllAsync(_ending.Token))
            {
                if (BusNames.ChangeIn(signal).NewOwner is null && isNeeded())
                {
                    await Task.Delay(RestartPause, instance.Clock, _ending.Token);
                    await EnsureAsync();
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or DBusException or TimeoutException)
        {
            // We end, or the bus has gone, which ends us.
        }
    }

    [LoggerMessage(3046, LogLevel.Warning, "vmlog_forwarder does not run, so guests keep their logs for now: {Why}")]
    private static partial void LogNotRunning(ILogger log, string why);

    private void LogNotRunning(string why) => LogNotRunning(edges.Log, why);
}
