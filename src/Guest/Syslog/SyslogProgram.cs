using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VmTools.Guest.HostCall;
using VmTools.Guest.Log;
using VmTools.Guest.Syslog.Input;
using VmTools.Guest.Syslog.Sending;
using VmTools.Guest.Syslog.Spooling;
using VmTools.Linux;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Syslog;

/// <summary>
/// vm_syslog: takes what programs and the kernel log and brings it to the host. One thread reads and never waits for the host;
/// what the host has not got lies in the spool.
/// </summary>
internal static partial class SyslogProgram
{
    private const string KernelDevice = "/dev/kmsg";
    private const string StateDirectory = "/run/vm_syslog";

    private const int KernelMemory = 256 * 1024;
    private const int UserMemory = 768 * 1024;
    private const long KernelFile = 2 * 1024 * 1024;
    private const long UserFile = 14 * 1024 * 1024;

    /// <summary>maitred waits for a little more than this before it ends what is left.</summary>
    private static readonly TimeSpan LastFlush = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length > 0)
        {
            await Console.Error.WriteLineAsync("vm_syslog: it takes no arguments.");
            return 1;
        }

        using var log = KernelLog.Kernel("vm_syslog: ");
        try
        {
            return await RunAsync(log, TimeProvider.System);
        }
        catch (IOException failure)
        {
            LogFailed(log, failure.Message);
            return 1;
        }
    }

    private static async Task<int> RunAsync(KernelLog log, TimeProvider clock)
    {
        // First of all: from here on a SIGTERM means a last flush.
        using var stop = new CancellationTokenSource();
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });

        // Everything that has a path is opened now; afterwards there are none.
        Directory.CreateDirectory(StateDirectory, FileModes.OwnerDoesAll);
        using var socket = LogSocket.InheritOrBind();
        using var kmsg = FdHandle.Open(KernelDevice, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        using var sequence = KernelSequence.Open($"{StateDirectory}/kernel_sequence");
        using var spool = new Spool(
            new SpoolQueue(new MemoryStorage(KernelMemory), FileStorage.Create($"{StateDirectory}/kernel.spool", KernelFile)),
            new SpoolQueue(new MemoryStorage(UserMemory), FileStorage.Create($"{StateDirectory}/user.spool", UserFile)),
            clock);
        _ = clock.LocalTimeZone.GetUtcOffset(clock.GetUtcNow());
        SyslogJail.Enter(Directory.CreateDirectory($"{StateDirectory}/empty", FileModes.OwnerDoesAll).FullName);

        using var input = new InputLoop(
            [new DatagramSource(socket, spool, clock), new KernelSource(kmsg, spool, new KernelClock(clock), sequence.Next)], clock);
        var sender = new LogSender(
            spool, new LogCollectorCall(new KernelVsock(clock), spool.Id, clock), batch => Taken(batch, sequence), clock, log);
        await ServeAsync(input, sender, stop.Token);
        return 0;
    }

    /// <summary>
    /// Serves until <paramref name="stop"/>: then what lies in the sockets is read and everything sent, as far as the time for it goes.
    /// </summary>
    internal static async Task ServeAsync(InputLoop input, LogSender sender, CancellationToken stop)
    {
        using var abandon = new CancellationTokenSource();
        using var ending = stop.Register(() => abandon.CancelAfter(LastFlush));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sending = sender.RunAsync(either.Token, abandon.Token);
        await Task.WhenAny(sending, input.Ended);
        await either.CancelAsync();
        try
        {
            await input.StopAsync();
        }
        finally
        {
            // What was read before reading failed is the host's all the same.
            if (!stop.IsCancellationRequested)
            {
                abandon.CancelAfter(LastFlush);
            }

            await sending;
            await sender.FlushAsync(abandon.Token);
        }
    }

    private static void Taken(SpooledBatch batch, KernelSequence sequence)
    {
        if (batch.Kind == LogKind.Kernel && batch.LastTag > 0)
        {
            sequence.Write(batch.LastTag);
        }
    }

    [LoggerMessage(1691, LogLevel.Error, "cannot go on: {Reason}")]
    private static partial void LogFailed(ILogger log, string reason);
}
