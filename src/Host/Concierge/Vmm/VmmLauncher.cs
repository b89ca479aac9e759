using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.HostFacts;
using VmTools.Host.Sandbox;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>Starts VMMs in a session of their own, so that they live on when the daemon is restarted.</summary>
internal sealed partial class VmmLauncher(Func<string, string?> environment, Reaper reaper, ILogger log) : IVmmLauncher
{
    private readonly Lock _lock = new();
    private IVmmBackEnd? _chosen;

    /// <summary>Looked for until one is found, so that a VMM can be installed while the daemon runs.</summary>
    public IVmmBackEnd Choose()
    {
        lock (_lock)
        {
            if (_chosen is null)
            {
                _chosen = VmmBackEnds.Of(VmmChoice.Make(environment));
                LogChosen(_chosen.Choice.Explanation);
            }

            return _chosen;
        }
    }

    public IHostProcess Launch(IVmmBackEnd backEnd, VmmConfiguration configuration, string log)
    {
        if (backEnd.TakesDescriptors)
        {
            if (ScriptProgram.ReasonAgainstSandbox(backEnd.Choice.Program) is not { } reason)
            {
                return LaunchConfined(backEnd, configuration, log);
            }

            LogUnconfined(reason);
        }

        return Launch(RequestFor(backEnd, configuration), log);
    }

    private ChildHostProcess LaunchConfined(IVmmBackEnd backEnd, VmmConfiguration configuration, string log)
    {
        using var user = TakeUser(backEnd.Choice.Program);
        using var files = VmmFiles.Open(configuration, isForAnother: user is not null);
        var sandbox = VmmSandbox.For(backEnd.Choice.Program, files, user?.Id);
        var request = RequestFor(backEnd, files.Configuration);
        return Launch(
            request with
            {
                Confinement = sandbox.Confinement,
                RunAs = sandbox.RunAs,
                PassFds = user is null ? request.PassFds : [.. request.PassFds, user.Lock.File],
                WorkingDirectory = "/",
            },
            log);
    }

    private static SpawnRequest RequestFor(IVmmBackEnd backEnd, VmmConfiguration configuration)
    {
        var command = backEnd.CommandFor(configuration);
        return new SpawnRequest(command.Program, command.Arguments) { NewSession = true, PassFds = configuration.PassFds };
    }

    /// <summary>Null, with the reason in the log, where VMMs run as we do.</summary>
    private VmmUser? TakeUser(string program)
    {
        if (!VmmUser.IsPossible)
        {
            return null;
        }

        if (!VmmSandbox.IsOpenToOthers(program))
        {
            LogOwnUser($"other users may not execute {program}");
            return null;
        }

        try
        {
            return VmmUser.TryTake(VmmUser.Directory) ?? throw new VmToolsException(
                ErrorKind.ResourceExhausted,
                $"All {VmmUser.Count} user ids for VMMs are taken.");
        }
        catch (LinuxException refused)
        {
            LogOwnUser(refused.Message);
            return null;
        }
    }

    private ChildHostProcess Launch(SpawnRequest request, string log)
    {
        using var output = ChildLog.Open(log);
        try
        {
            return new ChildHostProcess(ChildProcess.Spawn(request with { StandardOutput = output, StandardError = output }, reaper));
        }
        catch (LinuxException refused)
        {
            throw new VmToolsException(
                ErrorKind.Unavailable,
                $"The VMM {request.Program} cannot be started ({refused.Errno}). Install it again.",
                refused);
        }
    }

    public Task QuitAsync(string? backEnd, string controlSocket, CancellationToken cancel) =>
        VmmBackEnds.ByName(backEnd ?? "", environment) is { } known
            ? known.QuitAsync(controlSocket, cancel)
            : throw new VmToolsException(ErrorKind.FailedPrecondition, $"There is no VMM called '{backEnd}' that could be asked to end.");

    public async Task<IVmmMonitor?> MonitorAsync(VmRecord record, CancellationToken cancel) =>
        record.EventSocket is { } socket && VmmBackEnds.ByName(record.BackEnd ?? "", environment) is { } known
            ? await known.MonitorAsync(socket, cancel)
            : null;

    [LoggerMessage(3070, LogLevel.Information, "VMs run on {Explanation}")]
    private partial void LogChosen(string explanation);

    [LoggerMessage(3072, LogLevel.Warning, "The VMM runs with all our rights: {Why}")]
    private partial void LogUnconfined(string why);

    [LoggerMessage(3073, LogLevel.Warning, "The VMM runs under our own user id: {Why}")]
    private partial void LogOwnUser(string why);
}
