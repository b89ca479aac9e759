using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Guest.Tremplin.HostDoor;
using VmTools.Guest.Tremplin.Log;
using VmTools.Guest.Tremplin.Network;
using VmTools.Guest.Tremplin.Storage;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>
/// Containers by LXC's tools. lxc-start leaves a monitor that outlives tremplin, so that a container goes on whatever becomes of the
/// program that has started it.
/// </summary>
internal sealed class LxcRuntime(
    TremplinPaths paths, ContainerSubnet subnet, ToolRun tools, IVsockCarrier carrier, TimeProvider clock, ILogger log)
    : IContainerRuntime
{
    private const string MonitorFile = "monitor.pid";
    private const int MaxPidBytes = 32;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);

    private readonly ContainerMounts _mounts = new(paths, tools);
    private readonly Cgroups _groups = new("/sys/fs/cgroup", clock);

    private string SeccompFile => $"{paths.Runtime}/seccomp";

    public async Task<IRunningContainer> StartAsync(ContainerRecord container, string token, CancellationToken cancel)
    {
        var name = container.Name;
        try
        {
            Directory.CreateDirectory(paths.RuntimeOf(name), FileModes.OwnerDoesAll);
            File.Delete(MonitorPath(name));
            File.Delete(paths.ConsoleLog(name));
            File.Delete(paths.LxcLog(name));
            AtomicFile.Write(SeccompFile, Encoding.ASCII.GetBytes(SeccompProfile.Text), FileModes.OwnerReadsAndWrites);
            ContainerAgent.Prepare(container, token, paths);
            await _mounts.MountAsync(container, cancel);
            var config = LxcConfig.Text(container, paths, subnet, SeccompFile, ContainerInit.IsIn(paths.Root(name)));
            AtomicFile.Write($"{paths.Of(name)}/config", Encoding.UTF8.GetBytes(config), FileModes.OwnerReadsAndWrites);
        }
        catch (IOException failure)
        {
            throw new VmToolsException(ErrorKind.Internal, $"it could not be prepared: {failure.Message}", failure);
        }

        var outcome = await tools.RunAsync(LxcCommands.Start(name, paths, MonitorPath(name)), StartLimit, cancel);
        if (outcome.Status.Code != 0)
        {
            var cause = LastWords.Cause(LastWords.Tail(paths.LxcLog(name))) ?? outcome.LastLine;
            throw new VmToolsException(ErrorKind.Internal, $"LXC could not start it: {cause}");
        }

        if (FindProcesses(name) is not { } processes)
        {
            throw new VmToolsException(
                ErrorKind.FailedPrecondition, LastWords.Of(LastWords.Tail(paths.LxcLog(name)), LastWords.Tail(paths.ConsoleLog(name))));
        }

        return Running(container, processes, static shells => shells.Start());
    }

    public IRunningContainer? TakeOver(ContainerRecord container)
    {
        if (FindProcesses(container.Name) is not { } processes)
        {
            return null;
        }

        _groups.Thaw(container.Name);
        var running = Running(container, processes, static shells => shells.TakeOver());
        running.RunAgent();
        return running;
    }

    public async Task ClearAsync(ContainerName name, CancellationToken cancel)
    {
        await _groups.RemoveAsync(name, cancel);
        _mounts.Unmount(name);
        new DoorDirectories(paths).Remove(name);
        if (Directory.Exists(paths.RuntimeOf(name)))
        {
            Directory.Delete(paths.RuntimeOf(name), recursive: true);
        }
    }

    public void UnmountOthers(IReadOnlySet<ContainerName> running) => _mounts.UnmountOthers(running);

    private RunningLxc Running(ContainerRecord container, LxcProcesses processes, Action<ShellServer> run)
    {
        var shells = new ShellServer(container.Name, paths, tools, clock, log);
        run(shells);
        var agent = ContainerAgent.Open(container.Name, paths, tools, carrier, clock, log);
        return new RunningLxc(container.Name, paths, tools, _groups, processes, shells, agent, TakeLog(container, processes));
    }

    private LogRelay TakeLog(ContainerRecord container, LxcProcesses processes)
    {
        var init = processes.Init;
        var relay = new LogRelay(
            container.Name, () => LogEntrance.TryOpen(init, LxcProcesses.ProgramOf(init) == "systemd", container.Ids.First), clock, log);
        relay.Start();
        return relay;
    }

    private string MonitorPath(ContainerName name) => $"{paths.RuntimeOf(name)}/{MonitorFile}";

    /// <summary>A number that stands for another process by now has no container's monitor behind it: its command line says so.</summary>
    private LxcProcesses? FindProcesses(ContainerName name)
    {
        try
        {
            var text = Encoding.ASCII.GetString(SmallFile.Read(MonitorPath(name), MaxPidBytes));
            return LxcCommands.ParsePid(text) is { } pid
                && Processes.CommandLineOf(pid)?.Contains(paths.State, StringComparison.Ordinal) == true
                ? LxcProcesses.TryFind(pid)
                : null;
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
