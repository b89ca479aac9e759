using VmTools.Crash.Cores;

namespace VmTools.Crash.Conversion;

/// <summary>
/// A core becomes a minidump in one pass: its notes decide what memory is wanted, then the memory passes by and what is wanted is kept.
/// Memory in use depends on the budget, not on the core.
/// </summary>
public static class CoreConverter
{
    /// <summary>
    /// Reads the core to its end, so that its writer does not meet a broken pipe. No bytes make it throw; only writing the minidump
    /// may fail.
    /// </summary>
    public static ConversionOutcome Convert(Stream core, ProcessFacts facts, DumpBudget budget, Stream minidump, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(core);
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentNullException.ThrowIfNull(minidump);
        var stream = new CoreStream(core, cancel);
        if (!CoreHeaders.TryRead(stream, out var headers, out var problem))
        {
            stream.Drain();
            return new ConversionOutcome
            {
                HasDump = false,
                State = CoreState.NotACore,
                Problem = problem,
                Signal = facts.Signal,
                CoreBytes = stream.Position,
            };
        }

        var passing = new CorePassing(stream, headers!, facts, budget);
        passing.PassAll();
        stream.Drain();
        return passing.Finish(minidump);
    }
}
