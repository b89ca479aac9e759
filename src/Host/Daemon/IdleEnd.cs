using System.Globalization;
using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Host.Settings;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Host.Daemon;

/// <summary>
/// Lets vm_concierge end when it has had nothing to do for a while, its siblings with it, and the private bus where it is on one.
/// A client that comes at that moment is served or starts everything anew:
/// 1. no program starts anything while the daemon ends: the daemon holds the start lock;
/// 2. the bus is hidden, so that no client connects any more; if one is connected, it is shown again and all goes on;
/// 3. the daemon leaves, then siblings and bus are ended, then the lock is free.
/// On a bus that others manage it ends only if that bus can start it again, and gives up its name before it stops to serve.
/// </summary>
internal sealed partial class IdleEnd(HostInstance instance, string address, ILogger log) : IAsyncDisposable
{
    public const string Variable = "VMTOOLS_IDLE_EXIT_S";

    private static readonly TimeSpan UsualLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time for a connection that was being made when the bus was hidden, and for calls that came before the name was given up.
    /// </summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(500);

    private readonly TimeSpan _limit = LimitIn(instance.Environment);
    private readonly PrivateBus _private = new(instance, static _ => { });
    private FileLock? _starts;

    private bool IsPrivate => address == _private.Address;

    /// <summary>Completes when the daemon is to leave, with false where that was called off.</summary>
    public async Task<bool> WaitAsync(BusConnection bus, InstanceClaim claim, Func<bool> isNeeded, CancellationToken cancel)
    {
        var since = instance.Clock.GetTimestamp();
        while (true)
        {
            try
            {
                var pause = _limit == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : Min(_limit / 4, LongestPause);
                await Task.Delay(pause, instance.Clock, cancel);
                if (isNeeded() || (IsPrivate && await HasGuestsAsync(bus, cancel)))
                {
                    since = instance.Clock.GetTimestamp();
                }
                else if (instance.Clock.GetElapsedTime(since) >= _limit && await TryLeaveAsync(bus, claim, isNeeded, cancel))
                {
                    LogIdle(_limit.TotalSeconds);
                    return true;
                }
            }
            catch (OperationCanceledException)
            {
                return false;
            }
            catch (Exception unsure) when (unsure is DBusException or VmToolsException or TimeoutException or IOException
                or UnauthorizedAccessException)
            {
                // A daemon that cannot tell stays. A bus that has gone ends the daemon by itself.
                LogUnsure(unsure.Message);
                since = instance.Clock.GetTimestamp();
            }
        }
    }

    /// <summary>Step 3: for once our own connection is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_starts is null)
        {
            return;
        }

        await Sibling.EndAllAsync(instance.Directories.State, instance.Clock);
        if (IsPrivate)
        {
            await _private.EndAsync(CancellationToken.None);
        }

        _starts.Dispose();
    }

    internal static TimeSpan LimitIn(Func<string, string?> environment) => environment(Variable) switch
    {
        null or "" => UsualLimit,
        { } text when uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) =>
            TimeSpan.FromSeconds(seconds),
        { } text => throw SettingMistake.At(Variable, $"It is '{text}' and should be a number of seconds, 0 for a daemon that stays."),
    };

    private async Task<bool> TryLeaveAsync(BusConnection bus, InstanceClaim claim, Func<bool> isNeeded, CancellationToken cancel)
    {
        // 1.
        var starts = FileLock.TryTake(StartLock.PathOf(instance));
        if (starts is null)
        {
            return false;
        }

        // 2.
        try
        {
            if (IsPrivate ? await TryHideAsync(bus, isNeeded, cancel) : await TryGiveUpNameAsync(bus, claim, isNeeded, cancel))
            {
                claim.Leave();
                _starts = starts;
                return true;
            }
        }
        finally
        {
            if (_starts is null)
            {
                starts.Dispose();
            }
        }

        return false;
    }

    private async Task<bool> TryHideAsync(BusConnection bus, Func<bool> isNeeded, CancellationToken cancel)
    {
        _private.Hide();
        try
        {
            await Task.Delay(Settling, instance.Clock, cancel);
            if (!isNeeded() && !await HasGuestsAsync(bus, cancel))
            {
                return true;
            }
        }
        catch
        {
            _private.Show();
            throw;
        }

        _private.Show();
        return false;
    }

    private async Task<bool> TryGiveUpNameAsync(BusConnection bus, InstanceClaim claim, Func<bool> isNeeded, CancellationToken cancel)
    {
        if (!(await bus.Names.ActivatableAsync(cancel)).Contains(ConciergeBus.Name))
        {
            return false;
        }

        claim.Leave();
        await bus.Names.ReleaseAsync(ConciergeBus.Name, cancel);
        await Task.Delay(Settling, instance.Clock, cancel);
        if (!isNeeded())
        {
            return true;
        }

        await DaemonProgram.TakeNameAsync(bus, address, ConciergeBus.Name);
        claim.Stay();
        return false;
    }

    /// <summary>Whether a program other than our daemons is connected to the private bus.</summary>
    private async Task<bool> HasGuestsAsync(BusConnection bus, CancellationToken cancel)
    {
        var ours = 1;
        foreach (var sibling in Sibling.All)
        {
            ours += await bus.Names.HasOwnerAsync(sibling.BusName, cancel) ? 1 : 0;
        }

        return _private.CountConnections() > ours;
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    [LoggerMessage(3021, LogLevel.Information, "Nothing to do for {Seconds} s")]
    private partial void LogIdle(double seconds);

    [LoggerMessage(3022, LogLevel.Warning, "Whether anybody needs this daemon cannot be told: {Why}")]
    private partial void LogUnsure(string why);
}
