using VmTools.DBus;
using VmTools.Host.GuestText;
using VmTools.Host.Instance;
using VmTools.Linux.Accounts;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>
/// Finds the bus that vm_concierge is on, and starts what is missing:
/// 1. the session bus, when there is one that answers; for root otherwise the system bus, when the daemon is installed there;
/// 2. else a private bus in the runtime directory, started if need be;
/// 3. on that bus the daemon: it runs, or the bus can start it, or we do.
/// Notices go to the caller, for standard error.
/// </summary>
internal sealed class ConciergeFinder(HostInstance instance, Action<string> notice)
{
    private static readonly TimeSpan DaemonLimit = TimeSpan.FromSeconds(30);

    private readonly PrivateBus _private = new(instance, notice);

    /// <summary>Starts the daemon itself where a bus could, which would use the environment of that bus.</summary>
    public bool StartsItself { get; init; }

    /// <summary>A connection to the bus on which the daemon runs, which is started if need be.</summary>
    public async Task<BusConnection> FindAsync(CancellationToken cancel)
    {
        // A daemon that runs already needs no lock and no runtime directory.
        if (await TryFindRunningAsync(cancel) is { } running)
        {
            return running;
        }

        instance.EnsureRuntime();
        using var held = await StartLock.TakeAsync(instance, cancel);
        var (connection, address) = await ConnectAsync(cancel);
        try
        {
            await EnsureDaemonAsync(connection, address, cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection to a bus where the daemon runs now, or null; nothing is started.</summary>
    public async Task<BusConnection?> TryFindRunningAsync(CancellationToken cancel)
    {
        foreach (var address in KnownAddresses())
        {
            if (await TryOpenAsync(address, cancel) is not { } connection)
            {
                continue;
            }

            if (await connection.Names.HasOwnerAsync(ConciergeBus.Name, cancel)
                && !ServedInstance.IsAnother(await ServedInstance.AskAsync(connection, cancel), instance))
            {
                return connection;
            }

            await connection.DisposeAsync();
        }

        return null;
    }

    /// <summary>Where the daemon may be, best place first.</summary>
    private IEnumerable<string> KnownAddresses()
    {
        if (instance.RunningBus is { } written)
        {
            yield return written;
        }

        if (BusAddress.Resolve("session", instance.Environment) is { } session)
        {
            yield return session;
        }

        if (_private.IsRunning())
        {
            yield return _private.Address;
        }

        if (instance.Uid == 0)
        {
            yield return BusAddress.Resolve("system", instance.Environment)!;
        }
    }

    /// <summary>Steps 1 and 2.</summary>
    private async Task<(BusConnection Connection, string Address)> ConnectAsync(CancellationToken cancel)
    {
        if (BusAddress.Resolve("session", instance.Environment) is { } session)
        {
            if (await TryOpenAsync(session, cancel) is { } connection)
            {
                return (connection, session);
            }

            notice($"The session bus at {session} does not answer.");
        }
        else if (instance.Uid == 0 && await TryOpenInstalledAsync(cancel) is { } system)
        {
            return system;
        }

        await _private.EnsureAsync(cancel);
        try
        {
            return (await BusConnection.OpenAsync(_private.Address, instance.Clock, cancel), _private.Address);
        }
        catch (DBusException refused) when (!Users.IsKnown(instance.Uid))
        {
            throw new VmToolsException(
                ErrorKind.FailedPrecondition,
                $"{PrivateBus.UnknownUser(instance.Uid)} Give it one: {PrivateBus.UserEntry(instance.Uid)}",
                refused);
        }
    }

    /// <summary>The system bus counts only where the package has put its service file and policy.</summary>
    private async Task<(BusConnection, string)?> TryOpenInstalledAsync(CancellationToken cancel)
    {
        var address = BusAddress.Resolve("system", instance.Environment)!;
        if (await TryOpenAsync(address, cancel) is not { } connection)
        {
            return null;
        }

        if ((await connection.Names.ActivatableAsync(cancel)).Contains(ConciergeBus.Name))
        {
            return (connection, address);
        }

        await connection.DisposeAsync();
        return null;
    }

    private async Task<BusConnection?> TryOpenAsync(string address, CancellationToken cancel)
    {
        try
        {
            return await BusConnection.OpenAsync(address, instance.Clock, cancel);
        }
        catch (DBusException)
        {
            return null;
        }
    }

    /// <summary>Step 3.</summary>
    private async Task EnsureDaemonAsync(BusConnection connection, string address, CancellationToken cancel)
    {
        if (await connection.Names.HasOwnerAsync(ConciergeBus.Name, cancel))
        {
            var daemon = await ServedInstance.AskAsync(connection, cancel);
            if (ServedInstance.IsAnother(daemon, instance))
            {
                throw ServedInstance.Another(daemon!, instance);
            }

            return;
        }

        // Our own bus would start it with the environment that the bus was started with.
        if (!StartsItself && address != _private.Address && (await connection.Names.ActivatableAsync(cancel)).Contains(ConciergeBus.Name))
        {
            await ActivateAsync(connection, cancel);
            return;
        }

        await StartDetachedAsync(connection, address, cancel);
    }

    private static async Task ActivateAsync(BusConnection connection, CancellationToken cancel)
    {
        try
        {
            await connection.Names.StartServiceAsync(ConciergeBus.Name, cancel);
        }
        catch (Exception failed) when (failed is DBusException or TimeoutException)
        {
            throw new VmToolsException(
                ErrorKind.Unavailable,
                $"The bus could not start vm_concierge: {failed.Message} "
                + "What the daemon said is in the log of that bus, often 'journalctl --user'.",
                failed);
        }
    }

    private async Task StartDetachedAsync(BusConnection connection, string address, CancellationToken cancel)
    {
        if (address != _private.Address)
        {
            notice("Starting vm_concierge.");
        }

        var log = Path.Combine(instance.Directories.Runtime, "vm_concierge.log");
        await using var watch = await connection.Names.WatchAsync(ConciergeBus.Name, cancel);
        await using var reaper = Reaper.ForChildren();
        var daemon = Detached.Start(
            SiblingProgram.CommandLine(instance.ProgramDirectory, ConciergeBus.Program, address),
            log, output: null, DaemonEnvironment.ForDaemon(instance), reaper);
        using var deadline = new CancellationTokenSource(DaemonLimit, instance.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        var owned = watch.ReadAsync(either.Token).AsTask();
        var first = await Task.WhenAny(owned, daemon.Exited);
        if (first == owned && owned.IsCompletedSuccessfully)
        {
            return;
        }

        cancel.ThrowIfCancellationRequested();

        // Another program may have started one at the same moment, such as the bus itself.
        if (await connection.Names.HasOwnerAsync(ConciergeBus.Name, cancel))
        {
            return;
        }

        throw new VmToolsException(
            ErrorKind.Unavailable,
            first == owned
                ? $"vm_concierge did not come up within {DaemonLimit.TotalSeconds} s.{LogTail.Quote("It last said", log, lines: 5)}"
                : $"vm_concierge ended as soon as it was started.{LogTail.Quote("It last said", log, lines: 5)}");
    }
}
