using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Resources;

/// <summary>
/// Sees to it that a daemon runs on our bus beside us: when a VM starts, and again when it ends while VMs run. VMs run without it too.
/// </summary>
internal sealed partial class CompanionDaemon(Companion companion, ConciergeEdges edges, CompanionSurroundings around) : IAsyncDisposable
{
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
        if (await names.HasOwnerAsync(companion.BusName, cancel))
        {
            return;
        }

        if ((await names.ActivatableAsync(cancel)).Contains(companion.BusName))
        {
            await names.StartServiceAsync(companion.BusName, cancel);
            return;
        }

        await using var watch = await names.WatchAsync(companion.BusName, cancel);
        var record = Path.Combine(around.Instance.Directories.Runtime, $"{companion.Program}.log");
        var daemon = Detached.Start(CommandLine(), record, output: null, edges.Reaper);
        var owned = watch.ReadAsync(cancel).AsTask();
        if (await Task.WhenAny(owned, daemon.Exited).WaitAsync(StartLimit, around.Instance.Clock, cancel) != owned)
        {
            throw new VmToolsException(ErrorKind.Unavailable, $"{companion.Program} ended as soon as it was started. {record} says why.");
        }
    }

    private string[] CommandLine()
    {
        var link = Path.Combine(around.Instance.ProgramDirectory, companion.Program);
        return File.Exists(link)
            ? [link, $"--bus={around.Address}"]
            : [Path.Combine(around.Instance.ProgramDirectory, "vmtools"), companion.Program, $"--bus={around.Address}"];
    }

    private async Task WatchAsync()
    {
        try
        {
            await using var watch = await edges.Bus.Names.WatchAsync(companion.BusName, _ending.Token);
            if (around.IsNeeded())
            {
                await EnsureAsync();
            }

            await foreach (var signal in watch.ReadAllAsync(_ending.Token))
            {
                if (BusNames.ChangeIn(signal).NewOwner is null && around.IsNeeded())
                {
                    await Task.Delay(RestartPause, around.Instance.Clock, _ending.Token);
                    await EnsureAsync();
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or DBusException or TimeoutException)
        {
            // We end, or the bus has gone, which ends us.
        }
    }

    [LoggerMessage(3046, LogLevel.Warning, "{Program} does not run, so {Loss} for now: {Why}")]
    private static partial void LogNotRunning(ILogger log, string program, string loss, string why);

    private void LogNotRunning(string why) => LogNotRunning(edges.Log, companion.Program, companion.Loss, why);
}
