using VmTools.Crash.Conversion;
using VmTools.Crash.Minidumps;
using Xunit;

namespace VmTools.Unit.Crash.Fakes;

/// <summary>A conversion and what a reader finds in its minidump.</summary>
internal sealed record Converted(ConversionOutcome Outcome, byte[] Bytes)
{
    public MinidumpFile Dump { get; } = MinidumpFile.TryRead(Bytes, out var dump, out _) ? dump! : null!;

    public static Converted From(byte[] core, ProcessFacts? facts = null, DumpBudget? budget = null) =>
        From(new MemoryStream(core), facts, budget);

    public static Converted From(Stream core, ProcessFacts? facts = null, DumpBudget? budget = null)
    {
        using var minidump = new MemoryStream();
        var outcome = CoreConverter.Convert(
            core, facts ?? new ProcessFacts(), budget ?? DumpBudget.Default, minidump, TestContext.Current.CancellationToken);
        return new Converted(outcome, minidump.ToArray());
    }
}
