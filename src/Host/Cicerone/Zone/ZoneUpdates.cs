using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Vms;

namespace VmTools.Host.Cicerone.Zone;

/// <summary>
/// Keeps the clocks of containers in the host's time zone: those of a container when it has started, all when the host's link changes. One
/// task does it, one VM after the other; what cannot be done is logged, and done at the container's next start.
/// </summary>
internal sealed partial class ZoneUpdates : IAsyncDisposable
{
    private const int MaxWaiting = 256;
    private const string LinkDirectory = "/etc";
    private const string LinkName = "localtime";

    /// <summary>The link is replaced in several steps, each of which is an event.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(500);

    private readonly Channel<(KnownVm Vm, ContainerName Name)?> _waiting = Channel.CreateBounded<(KnownVm, ContainerName)?>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly FileSystemWatcher? _watcher;
    private readonly SetZone _set;
    private readonly Func<HostZone?> _zone;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Task _working;

    /// <param name="set">Tells the VMs.</param>
    /// <param name="zone">The host's zone at this moment.</param>
    /// <param name="clock">For the pause after a change.</param>
    /// <param name="log">Is told what does not work.</param>
    public ZoneUpdates(SetZone set, Func<HostZone?> zone, TimeProvider clock, ILogger log)
    {
        (_set, _zone, _clock, _log) = (set, zone, clock, log);
        _watcher = TryWatch();
        _working = WorkAsync();
    }

    /// <summary>The container has started; returns at once.</summary>
    public void Started(KnownVm vm, ContainerName name) => _waiting.Writer.TryWrite((vm, name));

    public async ValueTask DisposeAsync()
    {
        _watcher?.Dispose();
        await _closing.CancelAsync();
        await _working;
        _closing.Dispose();
    }

    private FileSystemWatcher? TryWatch()
    {
        try
        {
            var watcher = new FileSystemWatcher(LinkDirectory, LinkName)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite,
            };
            watcher.Changed += (_, _) => _waiting.Writer.TryWrite(null);
            watcher.Created += (_, _) => _waiting.Writer.TryWrite(null);
            watcher.Renamed += (_, _) => _waiting.Writer.TryWrite(null);
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException)
        {
            LogUnwatched(refused.Message);
            return null;
        }
    }

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var started in _waiting.Reader.ReadAllAsync(_closing.Token))
            {
                if (started is null)
                {
                    await Task.Delay(Settling, _clock, _closing.Token);
                }

                if (_zone() is not { } zone)
                {
                    continue;
                }

                var result = started is { } one
                    ? await _set.RunAsync(one.Vm, [one.Name], zone, _closing.Token)
                    : await _set.EverywhereAsync(zone, _closing.Token);
                foreach (var failure in result.Failures)
                {
                    LogNotSet(zone.Name, failure);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The daemon ends.
        }
    }

    [LoggerMessage(3331, LogLevel.Information, "Zone {Zone}: {Failure}")]
    private partial void LogNotSet(string zone, string failure);

    [LoggerMessage(3332, LogLevel.Warning, "A change of the host's time zone will not be seen: {Why}")]
    private partial void LogUnwatched(string why);
}
