using System.Buffers.Binary;
using VmTools.Crash.Conversion;
using VmTools.Crash.Cores;
using VmTools.Unit.Crash.Fakes;
using Xunit;

namespace VmTools.Unit.Crash.Conversion;

/// <summary>A minidump keeps within its room, and the conversion within its memory, whatever the core is like.</summary>
public sealed class BudgetTests
{
    [Fact]
    public void Four_gibibytes_pass_through_a_few_megabytes()
    {
        const long Size = 4L * 1024 * 1024 * 1024;
        var head = CoreBuilder.Crashed().Build();
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(64 + (3 * 56) + 32), Size);
        using var core = new GeneratedStream(head, head.Length - 0x2000 + Size);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var converted = Converted.From(core);
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal((CoreState.Whole, core.Length), (converted.Outcome.State, converted.Outcome.CoreBytes));
        Assert.InRange(taken, 0, 8 * 1024 * 1024);
        Assert.InRange(converted.Bytes.Length, 1, DumpBudget.Default.Bytes);
    }

    [Fact]
    public void Of_64_threads_each_has_some_stack_and_the_crashed_one_the_most()
    {
        var builder = new CoreBuilder(CoreMachine.X64);
        for (var thread = 0; thread < 64; thread++)
        {
            builder.AddThread(thread + 1, thread == 0 ? 11 : 0, stack: Stack(thread), code: 0);
        }

        for (var thread = 0; thread < 64; thread++)
        {
            builder.AddMemory(Stack(thread), new byte[600 * 1024]);
        }

        var converted = Converted.From(builder.Build());

        var sizes = converted.Dump.Threads.Select(thread => thread.StackSize).ToArray();
        Assert.Equal(64, sizes.Length);
        Assert.All(sizes.Skip(1), size => Assert.InRange(size, 4096, sizes[0] / 8));
        Assert.InRange(converted.Bytes.Length, DumpBudget.Default.Bytes * 9 / 10, DumpBudget.Default.Bytes);
    }

    [Fact]
    public void Threads_beyond_the_room_are_counted_and_said()
    {
        var builder = new CoreBuilder(CoreMachine.X64);
        for (var thread = 1; thread <= 5000; thread++)
        {
            builder.AddThread(thread, signal: 0, stack: 0, code: 0);
        }

        var converted = Converted.From(builder.Build());

        var kept = converted.Dump.Threads.Count;
        Assert.InRange(kept, 150, DumpBudget.Default.Threads);
        Assert.Equal((5000, CoreState.Whole), (converted.Outcome.Threads, converted.Outcome.State));
        Assert.Equal($"The minidump has room for {kept} of 5000 threads.", converted.Outcome.Problem);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64 * 1024)]
    [InlineData(100_000)]
    [InlineData(960 * 1024)]
    public void Whatever_there_is_too_much_of_the_limit_holds(int limit)
    {
        var builder = new CoreBuilder(CoreMachine.X64);
        builder.AddThread(1, 11, stack: Stack(0), code: Stack(0));
        builder.AddNote(
            "CORE", 0x46494c45, builder.FilesNote(
            [.. Enumerable.Range(0, 20_000)
            .Select(file => ((ulong)file << 16, ((ulong)file << 16) + 1, 0UL, $"/lib/{new string('x', 100)}{file}"))]));
        for (var thread = 2; thread < 600; thread++)
        {
            builder.AddThread(thread, 0, stack: Stack(thread), code: Stack(thread));
        }

        builder.AddMemory(0, new byte[4096], flags: 5, size: 20_000UL << 16);
        for (var thread = 0; thread < 600; thread++)
        {
            builder.AddMemory(Stack(thread), new byte[20_000]);
        }

        var text = new byte[200_000];
        text.AsSpan().Fill((byte)'\n');
        var converted = Converted.From(
            builder.Build(),
            new ProcessFacts
            {
                Maps = text,
                Status = text,
                CpuInfo = text,
                OsRelease = text,
                CommandLine = text,
                Environ = text,
                Auxv = text,
                KernelVersion = new string('k', 5000)
            },
            new DumpBudget { Bytes = limit });

        Assert.InRange(converted.Bytes.Length, 1, Math.Max(limit, 64 * 1024));
        Assert.Equal(converted.Bytes.Length, converted.Outcome.DumpBytes);
        Assert.NotNull(converted.Dump.CrashedThread);
        Assert.InRange(converted.Dump.Threads[0].StackSize, 1024, 20_000);
        Assert.NotEmpty(converted.Dump.Modules);
    }

    [Fact]
    public void A_note_of_files_that_claims_more_than_there_is_takes_no_memory_for_it()
    {
        var builder = new CoreBuilder(CoreMachine.X64);
        builder.AddThread(1, 11, stack: 0, code: 0);
        builder.AddNote("CORE", 0x46494c45, builder.Words(ulong.MaxValue, 4096));

        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = Converted.From(builder.Build());

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * 1024 * 1024);
    }

    private static ulong Stack(int thread) => 0x7000_0000UL + ((ulong)thread * 0x10_0000);
}
