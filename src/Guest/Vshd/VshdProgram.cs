using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VmTools.Guest.Log;
using VmTools.Guest.Vshd.HandOver;
using VmTools.Guest.Vshd.Listening;
using VmTools.Guest.Vshd.Loop;
using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Linux.Terminals;
using VmTools.Protocol;

namespace VmTools.Guest.Vshd;

/// <summary>The shell server: listens for the host, or connects to it for one session.</summary>
internal static partial class VshdProgram
{
    private const int Backlog = 128;

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (!VshdOptions.TryParse(arguments, out var options, out var problem))
        {
            await Console.Error.WriteLineAsync($"vshd: {problem}");
            return 1;
        }

        if (options is { PassedConnections: true, ListenFd: { } listening })
        {
            // lxc-attach, which starts this program in a container, leaves a directory of the VM's /proc open.
            StandardFds.CloseUnasked(listening);
        }

        using var log = OpenLog(options);
        try
        {
            return await RunAsync(options, log);
        }
        catch (IOException failure)
        {
            LogFailed(log, failure.Message);
            return 1;
        }
    }

    private static async Task<int> RunAsync(VshdOptions options, ILogger log)
    {
        using var stop = new CancellationTokenSource();
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        await using var reaper = Reaper.ForChildren();
        await using var loop = new FdLoop("vshd", TimeProvider.System);
        var host = new SessionHost(loop, PolicyOf(options), reaper, log);
        if (options.ForwardToHostPort != 0)
        {
            var socket = await VsockSocket.ConnectAsync(
                Cid.Host.Value, options.ForwardToHostPort, ConnectLimit, TimeProvider.System, stop.Token);
            await loop.RunAsync(() => ConnectBackAsync(host, socket, stop.Token));
            return 0;
        }

        var listener = options.ListenFd is { } fd
            ? FdHandle.Inherited(fd)
            : VsockSocket.Listen(VsockSocket.AnyCid, Ports.Vshd.Value, Backlog);
        Fd.SetNonBlocking(listener, true);
        await loop.RunAsync(() => ListenAsync(host, listener, stop.Token));
        return 0;
    }

    private static async Task ListenAsync(SessionHost host, FdHandle socket, CancellationToken cancel)
    {
        var sessions = new SessionTable(host);
        IEntrance entrance = host.Policy.IsInContainer
            ? new PassedEntrance(host.Loop, sessions, VmRoot.SeenFromContainer(), host.Log)
            : new HostEntrance(sessions, host.Log);
        using (var listener = new VshdListener(host, socket, entrance))
        using (cancel.Register(() => host.Loop.Post(listener.Stop)))
        {
            await listener.RunAsync();
        }

        await sessions.StopAsync();
    }

    private static async Task ConnectBackAsync(SessionHost host, FdHandle socket, CancellationToken cancel)
    {
        using var session = new Session(host, socket);
        using var stopping = cancel.Register(() => host.Loop.Post(session.Stop));
        await session.RunAsync();
    }

    private static SessionPolicy PolicyOf(VshdOptions options) => new()
    {
        DefaultUser = options.DefaultUser,
        DefaultUid = options.DefaultUid,
        AllowToSwitchUser = options.AllowToSwitchUser,
        InheritEnvironment = options.InheritEnvironment,
        IsInContainer = options.PassedConnections,
        Containers = options is { PassedConnections: false, ForwardToHostPort: 0 }
            ? new ContainerSockets(ContainerSockets.Directory)
            : null,
    };

    /// <summary>A container has no kernel log of its own; its vshd speaks on standard error.</summary>
    private static KernelLog OpenLog(VshdOptions options)
    {
        try
        {
            return options.LogToKernel ? KernelLog.Kernel("vshd: ") : KernelLog.StandardError("vshd: ");
        }
        catch (LinuxException)
        {
            return KernelLog.StandardError("vshd: ");
        }
    }

    [LoggerMessage(1591, LogLevel.Error, "cannot go on: {Reason}")]
    private static partial void LogFailed(ILogger log, string reason);
}
