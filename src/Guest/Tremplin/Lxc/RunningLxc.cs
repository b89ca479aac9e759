using VmTools.Guest.Tremplin.Listening;
using VmTools.Guest.Tremplin.Log;
using VmTools.Linux.Accounts;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>A container under LXC: its monitor, which lives as long as it does, its init, its shell server and its agent.</summary>
internal sealed class RunningLxc(
    ContainerName name,
    TremplinPaths paths,
    ToolRun tools,
    Cgroups groups,
    LxcProcesses processes,
    ShellServer shells,
    ContainerAgent agent,
    LogRelay logs)
    : IRunningContainer
{
    /// <summary>SIGRTMIN+3, by which systemd powers off (systemd(1)); the C library's SIGRTMIN is 34.</summary>
    private const Signal SystemdPowerOff = (Signal)37;

    /// <summary>SIGUSR2, by which BusyBox's init powers off; SIGPWR it does not know.</summary>
    private const Signal BusyBoxPowerOff = Signal.Usr2;

    private static readonly TimeSpan UserLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ZoneLimit = TimeSpan.FromSeconds(20);

    private readonly ContainerFiles _files = new(processes.Init);

    public Task Ended => processes.Monitor.Exited;

    /// <summary>The agent comes after the first command: it is no part of what one waits for.</summary>
    public async Task AnsweringAsync(CancellationToken cancel)
    {
        await shells.AnsweringAsync(cancel);
        RunAgent();
    }

    public void AskToPowerOff() => processes.SignalInit(LxcProcesses.ProgramOf(processes.Init) switch
    {
        "systemd" => SystemdPowerOff,
        "busybox" => BusyBoxPowerOff,
        _ => Signal.Pwr,
    });

    public void Kill() => groups.Kill(name);

    public Task FreezeAsync(CancellationToken cancel) => groups.FreezeAsync(name, cancel);

    public void Thaw() => groups.Thaw(name);

    public string Ending() => LastWords.Of(LastWords.Tail(paths.LxcLog(name)), LastWords.Tail(paths.ConsoleLog(name)));

    public OsRelease Release() => _files.Release();

    public UserEntry? FirstUser() => _files.UserById(LxcCommands.FirstUserId);

    public async Task MakeUserAsync(UserName user, CancellationToken cancel)
    {
        var outcome = await tools.RunAsync(LxcCommands.Attach(name, paths, LxcCommands.MakeUser(user)), UserLimit, cancel);
        if (outcome.LastLine != LxcCommands.UserMade)
        {
            throw new VmToolsException(ErrorKind.Internal, $"user {user} could not be made in container {name}: {outcome.LastLine}");
        }
    }

    /// <summary>As soon as there is a user for it.</summary>
    public void RunAgent()
    {
        if (FirstUser() is { } user)
        {
            agent.RunAs(user);
        }
    }

    public async Task SetZoneAsync(TimeZoneSetting zone, CancellationToken cancel)
    {
        var outcome = await tools.RunAsync(LxcCommands.Attach(name, paths, LxcCommands.SetZone(zone)), ZoneLimit, cancel);
        if (outcome.LastLine != LxcCommands.ZoneSet)
        {
            throw new VmToolsException(ErrorKind.Internal, $"the zone of container {name} was not set: {outcome.LastLine}");
        }
    }

    public IReadOnlyList<ushort> ListeningPorts() => ListeningSockets.Of(processes.Init);

    public async ValueTask DisposeAsync()
    {
        await agent.DisposeAsync();
        await shells.DisposeAsync();
        await logs.DisposeAsync();
        processes.Dispose();
    }
}
