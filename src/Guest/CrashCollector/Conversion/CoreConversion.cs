using System.Runtime.InteropServices;
using VmTools.Crash.Conversion;
using VmTools.Guest.CrashCollector.Facts;
using VmTools.Guest.CrashCollector.Reports;
using VmTools.Linux;
using VmTools.Linux.MachineFacts;
using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.CrashCollector.Conversion;

/// <summary>
/// Has the clean room make a minidump in memory of the core in a pipe. It runs on a thread of its own, which is left behind where it
/// hangs in a file of the process's choosing.
/// </summary>
internal sealed class CoreConversion(TimeProvider clock)
{
    /// <summary>The time that the conversion has after the last byte of the core.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>The name that uname(2) has for the processor's architecture.</summary>
    private static string ArchitectureName => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64";

    /// <summary>Never fails: a core that cannot be converted is a summary that says so.</summary>
    public async Task<CoreSummary> RunAsync(
        (CrashNotice Notice, ProcessSnapshot Snapshot, DateTimeOffset Time) crash,
        (FdHandle Input, TimeSpan Limit) core,
        CancellationToken cancel)
    {
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var facts = FactsOf(crash.Notice, crash.Snapshot, crash.Time);
            var converting = Task.Run(() => Convert(facts, crash.Snapshot.Secrets, core, stop.Token), cancel);
            try
            {
                return await converting.WaitAsync(core.Limit + Grace, clock, cancel);
            }
            catch (TimeoutException)
            {
                await stop.CancelAsync();
                return CoreSummary.NotRead($"the conversion took longer than {core.Limit + Grace}");
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Whatever it was that the core or our reading of it did: the host is to hear that the program died.
            return CoreSummary.NotRead($"the conversion failed: {failure.GetType().Name}: {failure.Message}");
        }
    }

    private CoreSummary Convert(
        ProcessFacts facts, IReadOnlyList<byte[]> secrets, (FdHandle Input, TimeSpan Limit) core, CancellationToken cancel)
    {
        using var pipe = new CorePipe(core.Input, core.Limit, clock);
        using var minidump = new MemoryStream();
        var outcome = CoreConverter.Convert(pipe, facts, DumpBudget.Default, minidump, cancel);
        Redaction.Blank(minidump.GetBuffer().AsSpan(0, (int)minidump.Length), secrets);
        return new CoreSummary
        {
            State = WordOf(outcome.State),
            Problem = pipe.IsOutOfTime ? $"the core was cut off after {core.Limit.TotalSeconds} s" : outcome.Problem,
            Signal = outcome.Signal == 0 ? null : outcome.Signal,
            SignalCode = outcome.Signal == 0 ? null : outcome.SignalCode,
            FaultAddress = HasAddress(outcome.Signal, outcome.SignalCode) ? outcome.FaultAddress : null,
            Threads = outcome.Threads,
            CoreBytes = outcome.CoreBytes,
            Minidump = outcome.HasDump ? minidump.GetBuffer().AsMemory(0, (int)minidump.Length) : default,
        };
    }

    public static string WordOf(CoreState state) => state switch
    {
        CoreState.Whole => "whole",
        CoreState.Truncated => "truncated",
        CoreState.Corrupt => "corrupt",
        CoreState.NotACore => "not_a_core",
        _ => throw new InvalidOperationException($"{state} has no word."),
    };

    /// <summary>
    /// Whether the kernel says which address was at fault (sigaction(2), si_addr). A signal that a process sent has a code of zero or less.
    /// </summary>
    private static bool HasAddress(int signal, int code) =>
        code > 0 && (Signal)signal is Signal.Segv or Signal.Bus or Signal.Ill or Signal.Fpe or Signal.Trap;

    private static ProcessFacts FactsOf(CrashNotice notice, ProcessSnapshot snapshot, DateTimeOffset time)
    {
        var kernel = Machine.Uname();
        return new ProcessFacts
        {
            Pid = notice.Pid,
            InnerPid = notice.InnerPid,
            Executable = snapshot.Executable,
            Auxv = snapshot.Auxv,
            CommandLine = snapshot.CommandLine,
            Environ = snapshot.Environ,
            Maps = snapshot.Maps,
            Status = snapshot.Status,
            CpuInfo = snapshot.CpuInfo,
            OsRelease = snapshot.OsRelease,
            KernelVersion = $"Linux {kernel.Release} {kernel.Version} {ArchitectureName}",
            ThreadNames = snapshot.ThreadNames,
            Signal = notice.Signal,
            StartTime = time - snapshot.Age,
            CrashTime = time,
            ReadMappedFile = (_, start) => MappedFiles.ReadStart(snapshot.MappedFiles, start),
        };
    }
}
