using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VmTools.Guest.HostCall;
using VmTools.Guest.Log;
using VmTools.Guest.Tremplin.Api;
using VmTools.Guest.Tremplin.Archive;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Guest.Tremplin.HostDoor;
using VmTools.Guest.Tremplin.Listening;
using VmTools.Guest.Tremplin.Lxc;
using VmTools.Guest.Tremplin.Network;
using VmTools.Guest.Tremplin.Storage;
using VmTools.Guest.Tremplin.Unpack;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Tremplin;

/// <summary>
/// tremplin: runs containers for the host. SIGPWR stops them all and then tremplin; SIGTERM ends tremplin alone, and the next one takes the
/// containers over.
/// </summary>
internal static partial class TremplinProgram
{
    private const string NetworkDirectory = "/run/vmtools/network";

    /// <summary>maitred waits a little longer than this and the moment that killing takes.</summary>
    private static readonly TimeSpan PowerPatience = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan LastNotices = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RemoveLimit = TimeSpan.FromMinutes(10);

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (!TremplinOptions.TryParse(arguments, out var options, out var problem))
        {
            await Console.Error.WriteLineAsync($"tremplin: {problem}");
            return 1;
        }

        using var log = KernelLog.Kernel("tremplin: ");
        try
        {
            return await RunAsync(options.Subnet, log, TimeProvider.System);
        }
        catch (Exception failure) when (failure is IOException or VmToolsException)
        {
            LogFailed(log, failure.Message);
            return 1;
        }
    }

    private static async Task<int> RunAsync(ContainerSubnet subnet, KernelLog log, TimeProvider clock)
    {
        // First of all: a signal that comes during the start is not lost.
        var powerOff = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var terminate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var power = On((PosixSignal)(int)Signal.Pwr, powerOff);
        using var term = On(PosixSignal.SIGTERM, terminate);

        Prepare();
        var carrier = new KernelVsock(clock);
        await using var reaper = Reaper.ForChildren();
        var tools = new ToolRun(reaper, clock);
        await using var names = new NameServer(NetworkDirectory, tools, clock, log);
        var network = new ContainerNetwork(subnet, NetworkDirectory, tools, names);
        var host = new TremplinListenerCall(carrier, clock);
        await using var notices = new NoticeQueue(host, clock, log);
        using var images = new ImageStore(TremplinPaths.OfVm, StockDisk.Find, log);
        using var incoming = new IncomingFiles(TremplinPaths.OfVm, clock, log);
        incoming.Clear();
        var runtime = new LxcRuntime(TremplinPaths.OfVm, network.Subnet, tools, carrier, clock, log);
        var dependencies = Dependencies(runtime, tools, incoming, notices, clock, log);
        using var containers = new ContainerTable(dependencies, images, subnet, network.Know);
        await containers.LoadAsync(CancellationToken.None);
        ContainerView.ClearFormer(TremplinPaths.OfVm);
        await network.StartAsync(CancellationToken.None);

        var listener = await carrier.ListenAsync(Ports.Tremplin, CancellationToken.None);
        var facts = new DebugInformation(containers, subnet, tools);
        var archives = new ContainerArchives(TremplinPaths.OfVm, tools, Remover(tools), clock, log);
        using var exports = new FileExports(archives, notices.Add, clock, log);
        var service = new TremplinService(
            containers, new VmActions(network.HostNetworkChanged, facts.ReadAsync) { Drop = incoming.Drop }, exports);
        var beside = Beside(containers, incoming, archives, tools, log);
        await using var server = await GrpcServer.StartAsync(service.OptionsFor(beside, listener, clock, log), CancellationToken.None);
        await using var ports = new PortWatch(containers.ListeningPorts, host.TryTellPortsAsync, clock, log);
        await using var agents = AgentEntrance.Open(
            TremplinPaths.OfVm, await carrier.ListenAsync(Ports.Garcon, CancellationToken.None), clock, log);
        LogServing(log, subnet);
        notices.Start();
        ports.Start();
        await Task.WhenAny(powerOff.Task, terminate.Task, server.Ended);
        if (!powerOff.Task.IsCompleted)
        {
            return terminate.Task.IsCompleted ? 0 : 1;
        }

        await containers.StopAllAsync(PowerPatience);
        await notices.FlushAsync(LastNotices);
        return 0;
    }

    private static void Prepare()
    {
        Directory.CreateDirectory(TremplinPaths.OfVm.Runtime, FileModes.OwnerDoesAll);
        Directory.CreateDirectory(NetworkDirectory);
    }

    private static ContainerDependencies Dependencies(
        LxcRuntime runtime, ToolRun tools, IncomingFiles incoming, NoticeQueue notices, TimeProvider clock, ILogger log)
    {
        var unpacker = new ImageUnpacker(TremplinPaths.OfVm, tools, Remover(tools), log) { Begins = path => incoming.TryTake(path) };
        return new ContainerDependencies(
            runtime,
            StoreOf(log),
            Remover(tools),
            unpacker.UnpackAsync,
            notices.Add,
            clock,
            log);
    }

    private static ContainersService Beside(
        ContainerTable containers, IncomingFiles incoming, ContainerArchives archives, ToolRun tools, ILogger log)
    {
        var paths = TremplinPaths.OfVm;
        return new ContainersService(
            containers,
            incoming,
            archives,
            new ContainerSnapshots(paths, tools, Remover(tools), log),
            new ContainerCopies(paths, tools, StoreOf(log), containers));
    }

    private static ContainerStore StoreOf(ILogger log) =>
        new(TremplinPaths.OfVm, (path, ids) => Ownership.Give(path, ids.First, ids.First), log);

    private static Func<string, CancellationToken, Task> Remover(ToolRun tools) =>
        (directory, cancel) => tools.SucceedAsync(["rm", "-rf", "--one-file-system", "--", directory], RemoveLimit, cancel);

    private static PosixSignalRegistration On(PosixSignal signal, TaskCompletionSource happened) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            happened.TrySetResult();
        });

    [LoggerMessage(1821, LogLevel.Information, "containers can be had, in {Subnet}")]
    private static partial void LogServing(ILogger log, ContainerSubnet subnet);

    [LoggerMessage(1822, LogLevel.Error, "cannot go on: {Reason}")]
    private static partial void LogFailed(ILogger log, string reason);
}
