using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VmTools.Host.Daemon;
using VmTools.Host.LogStore;
using VmTools.Host.Sandbox;
using VmTools.Host.VsockDevice.Console;
using VmTools.Host.VsockDevice.Network;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Rights;
using VmTools.Linux.Sockets;
using VmTools.Linux.Terminals;
using VmTools.Virtio.VhostUser;
using VmTools.Virtio.Vsock.HostStreams;
using Device = VmTools.Virtio.Vsock.VsockDevice;

namespace VmTools.Host.VsockDevice;

/// <summary>
/// <c>vm_vsock</c>: the vsock device of one VM in a process of its own. Says <c>ready</c> on stdout once the VMM and host programs can
/// connect; ends with the VMM, or on SIGTERM or SIGINT, and by no other signal that a terminal sends. It holds the guest's memory, so it
/// gives up what rights it can first.
/// </summary>
internal static partial class VsockDeviceProgram
{
    private const long LogLimit = 1024 * 1024;

    /// <summary>Sockets of connections, those being dialled, and the few of the device itself.</summary>
    private const ulong OpenFiles = (3 * 512) + 64;

    public static Task<int> RunAsync(string[] arguments)
    {
        SignalDispositions.IgnoreAllButEnd();
        if (arguments.Any(argument => argument is "--help" or "-h"))
        {
            StandardWriter.Output().Write(VsockDeviceHelp.Text);
            return Task.FromResult(0);
        }

        if (VsockDeviceOptions.Parse(arguments, out var mistake) is not { } options)
        {
            WriteError($"vm_vsock: {mistake} 'vm_vsock --help' lists the options.\n");
            return Task.FromResult(2);
        }

        if (NamesOf(options).FirstTooLong() is { } path)
        {
            WriteError($"vm_vsock: '{path}' is too long for a socket's name, which has at most {UnixSocket.MaxPathBytes} bytes.\n");
            return Task.FromResult(2);
        }

        try
        {
            DeviceSandbox.Enter(options);
            Run(options);
            return Task.FromResult(0);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            WriteError($"vm_vsock: {failure.Message}\n");
            return Task.FromResult(1);
        }
    }

    private static void Run(VsockDeviceOptions options)
    {
        LimitItself();
        using var file = options.LogFile is null ? null : new BoundedFile(options.LogFile, LogLimit);
        var log = new LineLog(bytes => Write(file, bytes), $"vm_vsock[{options.Cid}]", TimeProvider.System);
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, stop));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, stop));
        using var loop = new EventLoop(TimeProvider.System);
        using var device = new Device(NamesOf(options), loop, log, options.Features);
        using var console = ConsoleOf(options, loop);
        using var network = NetworkOf(options, loop, log);
        using var listener = new VhostUserListener(Listen(options.Socket), device, loop, log);
        device.FrontEndLeft += stop.Cancel;
        LogListening(log, options.Socket, options.Cid);
        LogConfined(log, Describe(KernelLayers.Ask() with { HasFilters = DeviceSandbox.Close() == Errno.None }));
        SayReady();
        try
        {
            loop.Run(stop.Token);
        }
        finally
        {
            File.Delete(options.Socket);
        }
    }

    private static ConsoleSink? ConsoleOf(VsockDeviceOptions options, EventLoop loop) =>
        options is { ConsoleSocket: { } socket, VmLogDirectory: { } directory }
            ? new ConsoleSink(socket, new ConsoleLog(new VmLogPaths(directory), options.Cid, TimeProvider.System), loop)
            : null;

    private static FrameRelay? NetworkOf(VsockDeviceOptions options, EventLoop loop, ILogger log) =>
        options is { NetworkFd: { } fd, NetworkSocket: { } socket } ? new FrameRelay(FdHandle.Inherited(fd), socket, loop, log) : null;

    private static VsockNameSpace NamesOf(VsockDeviceOptions options) => new(options.Directory, options.Cid);

    private static FdHandle Listen(string path) =>
        UnixSocket.Listen(path, backlog: 2, FileModes.OwnerReadsAndWrites);

    /// <summary>A dump of this process would hold the guest's memory; its fds are bounded.</summary>
    private static void LimitItself()
    {
        Hardening.NoCoreDumps();
        try
        {
            Limits.SetOpenFiles(OpenFiles, OpenFiles);
        }
        catch (LinuxException)
        {
            // The limit given to us is lower already.
        }
    }

    private static string Describe(KernelLayers layers) =>
        $"no capabilities; {layers.FilterText}; {layers.LandlockFor(ProgramRules.OfDevice())}";

    /// <summary>The only thing ever said there. The fd stays open: a socket that got its number could be written to by mistake.</summary>
    private static void SayReady() => Fd.TryWrite(FdHandle.Standard(1), "ready\n"u8, out _);

    private static void Stop(PosixSignalContext signal, CancellationTokenSource stop)
    {
        signal.Cancel = true;
        stop.Cancel();
    }

    private static void Write(BoundedFile? file, byte[] bytes)
    {
        if (file is null)
        {
            Fd.TryWrite(FdHandle.Standard(2), bytes, out _);
        }
        else
        {
            file.Write(bytes);
        }
    }

    private static void WriteError(string text) => Fd.TryWrite(FdHandle.Standard(2), System.Text.Encoding.UTF8.GetBytes(text), out _);

    [LoggerMessage(300, LogLevel.Information, "Listening on {Socket} for the VMM of CID {Cid}.")]
    private static partial void LogListening(ILogger log, string socket, uint cid);

    [LoggerMessage(301, LogLevel.Information, "Confined: {What}.")]
    private static partial void LogConfined(ILogger log, string what);
}
