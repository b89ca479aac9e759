using Microsoft.Extensions.Logging;
using VmTools.Guest.CrashCollector.Conversion;
using VmTools.Guest.HostCall;
using VmTools.Guest.Log;
using VmTools.Linux;
using VmTools.Linux.Rights;
using VmTools.Linux.Terminals;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.CrashCollector;

/// <summary>
/// crash_collector: the kernel starts it for each process that dies and writes the core into its standard input. What it makes of
/// it goes to the host.
/// </summary>
internal static partial class CrashCollectorProgram
{
    private const string Help = """
        crash_collector reports programs that died to the host.

          crash_collector --init                       have the kernel start it for every core dump (needs root)
          crash_collector --user=PID:INNER:SIGNAL:UID:GID:MODE:TID:EXECUTABLE
                                                       report one crash; the core comes on standard input (the kernel does this)
          crash_collector --convert CORE MINIDUMP      make a minidump of a core file, or of standard input where CORE is -

        Examples:
          crash_collector --convert /tmp/core.1234 /tmp/app.dmp
          zstd -dc core.zst | crash_collector --convert - app.dmp

        --convert prints one line of JSON: what was read, what was written, what is missing.
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        switch (arguments)
        {
            case ["--init"]:
                return await InitAsync();
            case ["--convert", var core, var minidump]:
                return await ConvertCommand.RunAsync(core, minidump);
            case ["--help"]:
                await Console.Out.WriteLineAsync(Help);
                return 0;
            case [var one] when Flag.TryRead(one, out var flag) && flag is { Option: "--user", Value: { } attributes }:
                return await CollectAsync(attributes);
            default:
                await Console.Error.WriteLineAsync("crash_collector: this is not how it is called; see: crash_collector --help");
                return 2;
        }
    }

    private static async Task<int> InitAsync()
    {
        try
        {
            var started = Environment.GetCommandLineArgs()[0];
            CorePattern.Register(Path.IsPathRooted(started) ? started : AgentPaths.CrashCollector, Sysctl.Write);
            return 0;
        }
        catch (LinuxException failure)
        {
            await Console.Error.WriteLineAsync(
                $"crash_collector: the kernel does not hand over core dumps: {failure.Message}; run it as root, outside of containers");
            return 1;
        }
    }

    /// <summary>First of all, a collector must not have itself collected.</summary>
    private static async Task<int> CollectAsync(string attributes)
    {
        Hardening.NoCoreDumps();
        StandardFds.MakeValid();
        using var log = new SystemLog(LogSocket.FilePath, "crash_collector");
        if (!CrashNotice.TryParse(attributes, out var notice))
        {
            LogBadAttributes(log, attributes);
            return 1;
        }

        try
        {
            var clock = TimeProvider.System;
            var state = CollectorState.Prepare(CollectorState.DefaultDirectory);
            using var input = FdHandle.Standard(0);
            await new CollectCrash(state, new CrashListenerCall(new KernelVsock(clock), clock), clock, log)
                .RunAsync(notice, input, CancellationToken.None);
            return 0;
        }
        catch (Exception failure)
        {
            // The exit status of a program that the kernel starts goes nowhere; the log is the only place.
            LogFailed(log, notice.Pid, failure);
            return 1;
        }
    }

    [LoggerMessage(1811, LogLevel.Error, "this is no crash: {Attributes}")]
    private static partial void LogBadAttributes(ILogger log, string attributes);

    [LoggerMessage(1812, LogLevel.Error, "the crash of process {Pid} could not be reported")]
    private static partial void LogFailed(ILogger log, int pid, Exception failure);
}
