using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VmTools.Guest.HostCall;
using VmTools.Guest.Log;
using VmTools.Guest.Tremplin.Api;
using VmTools.Guest.Tremplin.Containers;
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
        using var containers = new ContainerTable(Dependencies(network, tools, notices, clock, log), images, subnet, network.Know);
        await containers.LoadAsync(CancellationToken.None);
        await network.StartAsync(CancellationToken.None);

        var listener = await carrier.ListenAsync(Ports.Tremplin, CancellationToken.None);
        var facts = new DebugInformation(containers, subnet, tools);
        var service = new TremplinService(containers, new VmActions(network.HostNetworkChanged, facts.ReadAsync));
        await using var server = await GrpcServer.StartAsync(service.OptionsFor(listener, clock, log), CancellationToken.None);
        await using var ports = new PortWatch(containers.ListeningPorts, host.TryTellPortsAsync, clock, log);
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
        ContainerNetwork network, ToolRun tools, NoticeQueue notices, TimeProvider clock, ILogger log)
    {
        var paths = TremplinPaths.OfVm;
        var runtime = new LxcRuntime(paths, network.Subnet, tools, clock, log);
        var store = new ContainerStore(paths, (path, ids) => Ownership.Give(path, ids.First, ids.First), log);
        Task RemoveAsync(string directory, CancellationToken cancel) =>
            tools.SucceedAsync(["rm", "-rf", "--one-file-system", "--", directory], RemoveLimit, cancel);
        return new ContainerDependencies(
            runtime,
            store,
            RemoveAsync,
            new ImageUnpacker(paths, tools, RemoveAsync, log).UnpackAsync,
            notices.Add,
            clock,
            log);
    }

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
