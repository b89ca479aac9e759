using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Siblings;

/// <summary>
/// Keeps another daemon of ours running on the bus of vm_concierge: it is started with a VM, and again when it ends while VMs run,
/// however early: one that never had its name has none to lose, so a start that failed counts as a loss too. VMs run without it. Its
/// <paramref name="address"/> is that of the bus.
/// </summary>
internal sealed partial class SiblingDaemon(
    Sibling sibling, HostInstance instance, BusConnection bus, string address, Reaper reaper, ILogger log) : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(5);

    /// <summary>One that ends as soon as it is started is not started all the time: twice as long after each failure.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _starting = new(1);

    /// <summary>It is not there; one word says it as well as many.</summary>
    private readonly Channel<bool> _lost = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private TimeSpan _pause = FirstPause;
    private Task _watching = Task.CompletedTask;

    /// <summary>Whether VMs run, which is when it is kept running.</summary>
    public required Func<bool> IsNeeded { get; init; }

    /// <summary>From now on it runs while VMs do, also those that run already.</summary>
    public void Watch() => _watching = Task.WhenAll(WatchAsync(), KeepAsync());

    /// <summary>Returns once it serves, or has failed to within a few seconds, which is noted and tried again later.</summary>
    public async Task EnsureAsync()
    {
        try
        {
            await _starting.WaitAsync(_ending.Token);
            try
            {
                await StartAsync(_ending.Token);
                _pause = FirstPause;
            }
            finally
            {
                _starting.Release();
            }
        }
        catch (Exception failed) when (
            failed is DBusException or TimeoutException or VmToolsException or OperationCanceledException or IOException)
        {
            LogNotRunning(sibling.Program, sibling.Loss, failed.Message);
            _lost.Writer.TryWrite(true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _watching;
    }

    private async Task StartAsync(CancellationToken cancel)
    {
        var names = bus.Names;
        if (await names.HasOwnerAsync(sibling.BusName, cancel))
        {
            return;
        }

        if ((await names.ActivatableAsync(cancel)).Contains(sibling.BusName))
        {
            await names.StartServiceAsync(sibling.BusName, cancel);
            return;
        }

        await using var watch = await names.WatchAsync(sibling.BusName, cancel);
        var record = Path.Combine(instance.Directories.Runtime, $"{sibling.Program}.log");
        var daemon = Detached.Start(
            SiblingProgram.CommandLine(instance.ProgramDirectory, sibling.Program, address), record, output: null,
            DaemonEnvironment.ForDaemon(instance), reaper);
        var owned = watch.ReadAsync(cancel).AsTask();
        if (await Task.WhenAny(owned, daemon.Exited).WaitAsync(StartLimit, instance.Clock, cancel) != owned)
        {
            throw new VmToolsException(ErrorKind.Unavailable, $"{sibling.Program} ended as soon as it was started. {record} says why.");
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            await using var watch = await bus.Names.WatchAsync(sibling.BusName, _ending.Token);
            if (IsNeeded())
            {
                await EnsureAsync();
            }

            await foreach (var signal in watch.ReadAllAsync(_ending.Token))
            {
                if (BusNames.ChangeIn(signal).NewOwner is null)
                {
                    _lost.Writer.TryWrite(true);
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or DBusException or TimeoutException)
        {
            // We end, or the bus has gone, which ends us.
        }
    }

    private async Task KeepAsync()
    {
        try
        {
            await foreach (var _ in _lost.Reader.ReadAllAsync(_ending.Token))
            {
                var pause = _pause;
                _pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                await Task.Delay(pause, instance.Clock, _ending.Token);
                if (IsNeeded())
                {
                    await EnsureAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // We end.
        }
    }

    [LoggerMessage(3046, LogLevel.Warning, "{Program} does not run, so {Loss} for now: {Why}")]
    private partial void LogNotRunning(string program, string loss, string why);
}
