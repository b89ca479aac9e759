using CsCheck;
using VmTools.Crash.Conversion;
using VmTools.Crash.Cores;
using VmTools.Crash.Minidumps;
using VmTools.Unit.Crash.Fakes;
using Xunit;

namespace VmTools.Unit.Crash.Conversion;

/// <summary>Cores that end early, contradict themselves, or were made by somebody who means harm.</summary>
public sealed class DamagedCoreTests
{
    private static readonly ulong[] WorstNumbers =
        [0, 1, 0x7f, 0xffff, 0x7fff_ffff, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, ulong.MaxValue, ulong.MaxValue - 4095];

    [Theory]
    [InlineData("", "There is no core: not one byte came.")]
    [InlineData("#!/bin/sh\necho not a core, and long enough to have a header in it", "These bytes are not an ELF file.")]
    public void Other_bytes_are_no_core(string bytes, string problem)
    {
        var converted = Converted.From(System.Text.Encoding.ASCII.GetBytes(bytes));

        Assert.Equal((false, CoreState.NotACore, problem), (converted.Outcome.HasDump, converted.Outcome.State, converted.Outcome.Problem));
        Assert.Empty(converted.Bytes);
    }

    [Fact]
    public void A_core_that_ends_in_its_memory_has_what_came_before()
    {
        var core = CoreBuilder.Crashed().Build();

        var converted = Converted.From(core[..^0x1000]);

        Assert.Equal(CoreState.Truncated, converted.Outcome.State);
        Assert.Equal($"The core ended after {core.Length - 0x1000} of at least {core.Length} bytes.", converted.Outcome.Problem);
        Assert.Equal(0xf80, converted.Dump.Threads[0].StackSize);
        Assert.Equal("abcdef01", Assert.Single(converted.Dump.Modules).BuildId);
    }

    [Fact]
    public void A_core_that_ends_before_its_first_thread_has_no_minidump()
    {
        var converted = Converted.From(CoreBuilder.Crashed().Build()[..400], new ProcessFacts { Signal = 11 });

        Assert.Equal((false, CoreState.Truncated, 11), (converted.Outcome.HasDump, converted.Outcome.State, converted.Outcome.Signal));
    }

    [Fact]
    public void A_source_that_fails_is_the_end_of_the_core_with_a_reason()
    {
        using var source = new BrokenStream(CoreBuilder.Crashed().Build()[..^0x1000]);

        var converted = Converted.From(source);

        Assert.Equal((true, CoreState.Truncated), (converted.Outcome.HasDump, converted.Outcome.State));
        Assert.EndsWith(": The pipe burst.", converted.Outcome.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_of_segments_that_the_header_cannot_say_is_found()
    {
        var builder = CoreBuilder.Crashed();
        for (var i = 0; i < 70_000; i++)
        {
            builder.AddMemory(0x1_0000_0000UL + ((ulong)i * 0x1000), [(byte)i]);
        }

        builder.HidesNumber = true;
        var converted = Converted.From(builder.Build());

        Assert.Equal(CoreState.Whole, converted.Outcome.State);
        Assert.Equal(0x1f80, converted.Dump.Threads[0].StackSize);
    }

    [Theory]
    [InlineData(70_000)]
    [InlineData(200_000)]
    [InlineData(1_000_000)]
    public void However_many_mappings_come_first_the_dead_thread_keeps_its_stack_and_its_modules(int mappings)
    {
        var builder = CoreBuilder.Crashed();
        builder.AddMappingsBelowTheStack(mappings);
        builder.HidesNumber = true;
        var core = builder.Build();
        using var pipe = new GeneratedStream(core, core.Length);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var converted = Converted.From(pipe);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (16 * 1024 * 1024) + (mappings * 128L));
        Assert.Equal((CoreState.Whole, ""), (converted.Outcome.State, converted.Outcome.Problem));
        Assert.Equal((0x7000_0100UL, 0x1f80), (converted.Dump.Threads[0].StackPointer, converted.Dump.Threads[0].StackSize));
        Assert.Equal("abcdef01", Assert.Single(converted.Dump.Modules).BuildId);
    }

    [Fact]
    public void Notes_that_come_after_the_memory_are_too_late_in_a_pipe()
    {
        var builder = CoreBuilder.Crashed();
        builder.NotesLast = true;
        var core = builder.Build();
        using var pipe = new GeneratedStream(core, core.Length);

        var converted = Converted.From(pipe);

        Assert.Equal((false, CoreState.Corrupt), (converted.Outcome.HasDump, converted.Outcome.State));
    }

    [Fact]
    public void Notes_that_come_after_the_memory_are_read_first_in_a_file()
    {
        var builder = CoreBuilder.Crashed();
        builder.NotesLast = true;

        var converted = Converted.From(builder.Build());

        Assert.Equal((CoreState.Whole, 0x1f80), (converted.Outcome.State, converted.Dump.Threads[0].StackSize));
    }

    [Fact]
    public void Segments_that_lie_over_each_other_are_said()
    {
        var core = CoreBuilder.Crashed().Build();
        core.AsSpan(64 + 56 + 8, 8).CopyTo(core.AsSpan(64 + (3 * 56) + 8));

        var converted = Converted.From(core);

        Assert.Equal(
            (true, CoreState.Corrupt, "Segments of the core lie over each other."), (
            converted.Outcome.HasDump, converted.Outcome.State, converted.Outcome.Problem));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void No_cut_makes_the_conversion_fail(int machine)
    {
        var core = CoreBuilder.Crashed((CoreMachine)machine).Build();

        for (var length = 0; length < core.Length; length += length < 800 ? 3 : 211)
        {
            var converted = Converted.From(core[..length]);
            Assert.Equal(length, converted.Outcome.CoreBytes);
            Assert.NotEqual(CoreState.Whole, converted.Outcome.State);
        }
    }

    /// <summary>Where a mutation helps itself to a number, the worst numbers are tried.</summary>
    [Fact]
    public void No_mutation_makes_the_conversion_fail_or_take_much_memory()
    {
        var cores = Enumerable.Range(0, 3).Select(machine => CoreBuilder.Crashed((CoreMachine)machine).Build()).ToArray();
        var value = Gen.OneOf(Gen.Int[0, WorstNumbers.Length - 1].Select(index => WorstNumbers[index]), Gen.ULong);
        var change = Gen.Select(Gen.Int[0, 1800], Gen.Int[0, 3].Select(power => 1 << power), value);

        Gen.Select(Gen.Int[0, 2], change.Array[1, 6]).Sample(
            (machine, changes) =>
            {
                var core = cores[machine].ToArray();
                foreach (var (at, size, number) in changes)
                {
                    BitConverter.GetBytes(number).AsSpan(0, size).CopyTo(core.AsSpan(at));
                }

                var before = GC.GetAllocatedBytesForCurrentThread();
                var outcome = CoreConverter.Convert(
                    new MemoryStream(core), new ProcessFacts(), DumpBudget.Default, Stream.Null, CancellationToken.None);
                var taken = GC.GetAllocatedBytesForCurrentThread() - before;
                return outcome.CoreBytes == core.Length && outcome.DumpBytes <= DumpBudget.Default.Bytes && taken < 16 * 1024 * 1024;
            },
            iter: 1000,
            threads: 1);
    }

    [Fact]
    public void A_mutated_minidump_is_read_or_refused()
    {
        var minidump = Converted.From(CoreBuilder.Crashed().Build()).Bytes;
        var change = Gen.Select(
            Gen.Int[0, minidump.Length - 8], Gen.OneOf(
            Gen.Int[0, WorstNumbers.Length - 1].Select(index => (uint)WorstNumbers[index]), Gen.UInt));

        change.Array[1, 8].Sample(
            changes =>
            {
                var bytes = minidump.ToArray();
                foreach (var (at, number) in changes)
                {
                    BitConverter.TryWriteBytes(bytes.AsSpan(at), number);
                }

                var before = GC.GetAllocatedBytesForCurrentThread();
                var isRead = MinidumpFile.TryRead(bytes, out var dump, out var problem);
                _ = dump?.TryReadMemory(dump.Threads.Count > 0 ? dump.Threads[0].StackPointer : 0, new byte[64]);
                return isRead == (dump is not null) && isRead == (problem.Length == 0)
                    && GC.GetAllocatedBytesForCurrentThread() - before < 16 * 1024 * 1024;
            },
            iter: 1000,
            threads: 1);
    }
}
