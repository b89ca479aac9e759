using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VmTools.Guest.Log;
using VmTools.Guest.Maitred.Boot;
using VmTools.Linux.MachineFacts;
using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Maitred;

/// <summary>The agent of a VM: its first process, or an ordinary service where another init runs.</summary>
internal static partial class MaitredProgram
{
    public static Task<int> RunAsync(string[] arguments) => Processes.CurrentId == 1 ? InitAsync() : ServiceAsync();

    /// <summary>
    /// Never returns to a living machine: whatever fails, the VM is switched off. A machine whose init hangs or is gone
    /// would look alive to the host and answer nothing.
    /// </summary>
    private static async Task<int> InitAsync()
    {
        var machine = BootSequence.Run();
        AppDomain.CurrentDomain.UnhandledException += (_, thrown) => GiveUp(machine.Log, thrown.ExceptionObject);
        try
        {
            await using var reaper = Reaper.ForInit((pid, status) => LogOrphan(machine.Log, pid, status.Code, status.KilledBy));
            await new MaitredServer(machine, reaper, TimeProvider.System).RunAsync(isInit: true, CancellationToken.None);
        }
        catch (Exception failure)
        {
            GiveUp(machine.Log, failure);
        }

        Machine.PowerOff();
        return 1;
    }

    private static async Task<int> ServiceAsync()
    {
        using var log = KernelLog.StandardError("");
        using var stop = new CancellationTokenSource();
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        Machine.SetUmask(UnixFileMode.None);
        var machine = new BootedMachine(log, KernelArguments.Parse(Machine.KernelCommandLine() ?? ""), Modules: null);
        await using var reaper = Reaper.ForChildren();
        try
        {
            await new MaitredServer(machine, reaper, TimeProvider.System).RunAsync(isInit: false, stop.Token);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
    }

    private static void GiveUp(KernelLog log, object failure)
    {
        log.Write(LogLevel.Critical, $"cannot go on: {failure}");
        Machine.Sync();
        Machine.PowerOff();
    }

    [LoggerMessage(1071, LogLevel.Information, "an orphan, process {Pid}, has ended: status {Status}, signal {Signal}")]
    private static partial void LogOrphan(ILogger log, int pid, int? status, Signal? signal);
}
