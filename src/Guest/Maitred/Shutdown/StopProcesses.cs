using Microsoft.Extensions.Logging;
using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Maitred.Shutdown;

/// <summary>
/// Sends one signal to every process and waits for the ends. All are frozen while the list is made, so that none can fork out
/// of it or see half the machine gone.
/// </summary>
internal sealed partial class StopProcesses(TimeProvider clock, ILogger log)
{
    /// <summary>True when all that were waited for have ended within the limit.</summary>
    public async Task<bool> RunAsync(Signal signal, TimeSpan limit, CancellationToken cancel)
    {
        var waits = Broadcast(signal);
        try
        {
            await Task.WhenAll(waits.Select(wait => wait.Exited)).WaitAsync(limit, clock, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            LogLeft(waits.Count(wait => !wait.Exited.IsCompleted), (int)signal);
            return false;
        }
        finally
        {
            waits.ForEach(wait => wait.Dispose());
        }
    }

    private List<ProcessWatch> Broadcast(Signal signal)
    {
        var isFinal = signal == Signal.Kill;
        var root = ProcessTable.RootNamespace;
        var waits = new List<ProcessWatch>();
        Processes.SignalAll(Signal.Stop);
        try
        {
            foreach (var process in ProcessTable.Read())
            {
                var decision = process.Decide(Processes.CurrentId, root, isFinal);
                if (decision != StopDecision.Ignore
                    && Processes.StartTimeOf(process.Pid) is { } startTime
                    && ProcessWatch.TryOpen(process.Pid, startTime) is { } watch)
                {
                    waits.Add(watch);
                    Send(signal, decision, watch);
                    NoteKill(isFinal, process, root);
                }
            }
        }
        finally
        {
            Processes.SignalAll(Signal.Cont);
        }

        return waits;
    }

    private static void Send(Signal signal, StopDecision decision, ProcessWatch watch)
    {
        if (decision == StopDecision.SignalAndWait)
        {
            watch.Signal(signal);
        }
    }

    private void NoteKill(bool isFinal, RunningProcess process, ulong root)
    {
        if (isFinal)
        {
            LogKilled(process.Pid, CommandLineText.ForLog(process.CommandLine, root, process.PidNamespace));
        }
    }

    [LoggerMessage(1401, LogLevel.Warning, "{Count} processes are left after signal {Signal}")]
    private partial void LogLeft(int count, int signal);

    [LoggerMessage(1402, LogLevel.Warning, "killed process {Pid}: {CommandLine}")]
    private partial void LogKilled(int pid, string commandLine);
}
