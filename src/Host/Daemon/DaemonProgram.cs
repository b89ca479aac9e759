using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Linux.MachineFacts;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Terminals;
using VmTools.Protocol;

namespace VmTools.Host.Daemon;

/// <summary>
/// What the daemons of an instance share: one of each per state directory, runtime directory and bus, what signals and file modes mean
/// to them, the wait for the end, the exit codes.
/// </summary>
internal sealed class DaemonProgram(string name, HostInstance instance)
{
    private const int Failed = 1;
    private const int Usage = 2;

    /// <summary>Another daemon serves this instance, which is no failure of the system.</summary>
    public const int AlreadyRunning = 3;

    private readonly DaemonLog _log = new(name, instance.Clock, FdHandle.Standard(2));

    public HostInstance Instance => instance;

    public ILogger Log => _log.Lines;

    /// <summary>The bus of a daemon that was told none.</summary>
    public string UsualBus => DaemonBus.Of(instance.Environment, instance.Uid);

    /// <summary>
    /// Runs the daemon of this name and returns its exit code: 0 when it was asked to end; what refused it is told on standard error.
    /// </summary>
    public static async Task<int> RunAsync(string name, string[] arguments, Func<string> help, Func<DaemonProgram, Task> serve)
    {
        if (new DaemonArguments(name, arguments).AskForHelp)
        {
            StandardWriter.Output().Write(help());
            return 0;
        }

        SignalDispositions.IgnoreAllButEnd();
        // What the daemon and what it starts make, sockets of VMMs too, is for this user alone.
        _ = Machine.SetUmask(FileModes.AllOfGroupAndOthers);
        try
        {
            await serve(new DaemonProgram(name, RunningInstance.ForDaemon(HostInstance.OfCaller())));
            return 0;
        }
        catch (Exception refused) when (refused is VmToolsException or DBusException)
        {
            StandardWriter.Error().WriteLine($"{name}: {refused.Message}");
            return (refused as VmToolsException)?.Kind switch
            {
                ErrorKind.InvalidArgument => Usage,
                ErrorKind.AlreadyExists => AlreadyRunning,
                _ => Failed,
            };
        }
    }

    /// <summary>Holds the instance against a second daemon of this name, and writes down who has it.</summary>
    /// <exception cref="VmToolsException">Another has it, or a directory cannot be used.</exception>
    public Task<InstanceClaim> TakeInstanceAsync(string bus) => InstanceClaim.TakeAsync(
        instance, DaemonRecord.OfThisProcess(name, instance, BusAddress.Resolve(bus, instance.Environment) ?? bus), Log);

    /// <exception cref="DBusException">There is no such bus, or it does not answer.</exception>
    public Task<BusConnection> OpenBusAsync(string address) => BusConnection.OpenAsync(address, instance.Clock, CancellationToken.None);

    /// <exception cref="VmToolsException">Another program of the bus has the name.</exception>
    public static async Task TakeNameAsync(BusConnection bus, string address, string busName)
    {
        if (await bus.RequestNameAsync(busName, CancellationToken.None) != NameOutcome.Owned)
        {
            throw new VmToolsException(
                ErrorKind.AlreadyExists, $"The bus {address} has another {busName} already. Use that one, or another bus.");
        }
    }

    /// <summary>
    /// Bounds the daemon's log. To be called once the daemon serves: the program that started it reads what it says before.
    /// </summary>
    public void LimitLog() => _log.OwnIfOurs(Path.Combine(instance.Directories.Runtime, $"{name}.log"));

    /// <summary>Waits until a signal asks for the end.</summary>
    /// <exception cref="DBusException">The bus has gone.</exception>
    /// <exception cref="VmToolsException">The guests' port is served no longer, and the next daemon can serve it again.</exception>
    public static async Task UntilEndAsync(TerminationSignal end, BusConnection bus, Task<VmToolsException?> served)
    {
        var first = await Task.WhenAny(end.Asked, bus.Closed, served);
        if (first == bus.Closed && await bus.Closed is { } lost)
        {
            throw lost;
        }

        if (first == served && await served is { } failure)
        {
            throw failure;
        }
    }
}
