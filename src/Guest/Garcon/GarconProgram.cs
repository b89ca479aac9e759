using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Guest.Garcon.Api;
using VmTools.Guest.Garcon.Transport;
using VmTools.Guest.HostCall;
using VmTools.Guest.Log;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Rights;
using VmTools.Linux.Terminals;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;

namespace VmTools.Guest.Garcon;

/// <summary>
/// garcon: the host's agent in a container. tremplin starts it as the container's user; SIGTERM ends it, and the host hears so first.
/// </summary>
internal static partial class GarconProgram
{
    private const int MaxTokenBytes = 64;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (!GarconOptions.TryParse(arguments, out var options, out var problem))
        {
            await Console.Error.WriteLineAsync($"garcon: {problem}");
            return 1;
        }

        // lxc-attach, which starts this program, leaves a directory of the VM's /proc open.
        StandardFds.CloseUnasked(options.ListenFd, options.TokenFd);
        using var log = KernelLog.StandardError("garcon: ");
        try
        {
            // Programs of the same user are not to read the secret out of our memory or descriptors.
            Hardening.NoCoreDumps();
            return await RunAsync(options, log, TimeProvider.System);
        }
        catch (Exception failure) when (failure is IOException or VmToolsException)
        {
            LogFailed(log, failure.Message);
            return 1;
        }
    }

    private static async Task<int> RunAsync(GarconOptions options, ILogger log, TimeProvider clock)
    {
        using var stop = new CancellationTokenSource();
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        var carrier = new ContainerCarrier(ContainerCarrier.HostSocket, FdHandle.Inherited(options.ListenFd));
        var host = new ContainerListenerCall(carrier, ReadToken(options.TokenFd), clock);
        var service = new GarconService(Users.TryFindById(Users.EffectiveId, out var user) ? user : null);
        var listener = await carrier.ListenAsync(Ports.Garcon, stop.Token);
        await using var server = await GrpcServer.StartAsync(service.OptionsFor(listener, clock, log), stop.Token);
        var isKnown = await TryRegisterAsync(host, clock, log, stop.Token);
        await Task.WhenAny(server.Ended, UntilAsync(stop.Token));
        if (isKnown)
        {
            await host.TryTellShutdownAsync(CancellationToken.None);
        }

        return stop.IsCancellationRequested ? 0 : 1;
    }

    /// <summary>Tries until the host knows of us; false where we are to end before it does.</summary>
    private static async Task<bool> TryRegisterAsync(ContainerListenerCall host, TimeProvider clock, ILogger log, CancellationToken cancel)
    {
        try
        {
            var pauses = new BackOff(FirstPause, LongestPause);
            while (await host.TryTellReadyAsync(cancel) is { } problem)
            {
                if (!pauses.HasBegun)
                {
                    LogNotHeard(log, problem);
                }

                await Task.Delay(pauses.Next(), clock, cancel);
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static Task UntilAsync(CancellationToken cancel)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cancel.Register(() => cancelled.TrySetResult());
        return cancelled.Task;
    }

    private static string ReadToken(int fd)
    {
        using var file = FdHandle.Inherited(fd);
        var bytes = new byte[MaxTokenBytes];
        var outcome = Fd.TryReadAt(file, bytes, 0, out var count);
        if (outcome != Errno.None)
        {
            throw new LinuxException(outcome, "read the container's token");
        }

        return Encoding.ASCII.GetString(bytes.AsSpan(0, count));
    }

    [LoggerMessage(1971, LogLevel.Warning, "the host does not know of this container yet: {Problem}")]
    private static partial void LogNotHeard(ILogger log, string problem);

    [LoggerMessage(1972, LogLevel.Error, "cannot go on: {Reason}")]
    private static partial void LogFailed(ILogger log, string reason);
}
