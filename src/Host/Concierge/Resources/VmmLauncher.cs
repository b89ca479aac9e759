using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vms;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Resources;

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
                _chosen = VmmBackEnds.Choose(environment);
                LogChosen(_chosen.Explanation);
            }

            return _chosen;
        }
    }

    public IHostProcess Launch(IVmmBackEnd backEnd, VmmConfiguration configuration, string log)
    {
        var command = backEnd.CommandFor(configuration);
        using var output = LogFile.Open(log);
        try
        {
            var child = ChildProcess.Spawn(
                new SpawnRequest(command.Program, command.Arguments)
                {
                    StandardOutput = output,
                    StandardError = output,
                    NewSession = true,
                    PassFds = configuration.PassFds,
                },
                reaper);
            return new ChildHostProcess(child);
        }
        catch (LinuxException refused)
        {
            throw new VmToolsException(ErrorKind.Unavailable, $"The VMM {command.Program} cannot be started ({refused.Errno}). Install it again.", refused);
        }
    }

    public Task QuitAsync(string? backEnd, string controlSocket, CancellationToken cancel) =>
        VmmBackEnds.ByName(backEnd ?? "") is { } known
            ? known.QuitAsync(controlSocket, cancel)
            : throw new VmToolsException(ErrorKind.FailedPrecondition, $"There is no VMM called '{backEnd}' that could be asked to end.");

    public async Task<IVmmMonitor?> MonitorAsync(VmRecord record, CancellationToken cancel) =>
        record.EventSocket is { } socket && VmmBackEnds.ByName(record.BackEnd ?? "") is { } known ? await known.MonitorAsync(socket, cancel) : null;

    [LoggerMessage(3070, LogLevel.Information, "VMs run on {Explanation}")]
    private partial void LogChosen(string explanation);
}
