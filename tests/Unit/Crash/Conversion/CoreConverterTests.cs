using System.Text;
using VmTools.Crash.Conversion;
using VmTools.Crash.Cores;
using VmTools.Crash.Minidumps;
using VmTools.Unit.Crash.Fakes;
using Xunit;

namespace VmTools.Unit.Crash.Conversion;

/// <summary>What a whole core becomes, on each architecture.</summary>
public sealed class CoreConverterTests
{
    [Theory]
    [InlineData(0, ProcessorArchitecture.Amd64)]
    [InlineData(1, ProcessorArchitecture.X86)]
    [InlineData(2, ProcessorArchitecture.Arm64)]
    public void A_core_of_each_architecture_tells_what_died_and_where(int machine, ProcessorArchitecture architecture)
    {
        var (outcome, dump) = Convert(CoreBuilder.Crashed((CoreMachine)machine));

        Assert.Equal((CoreState.Whole, ""), (outcome.State, outcome.Problem));
        Assert.Equal((11, 1, 0xdeadUL, 1), (outcome.Signal, outcome.SignalCode, outcome.FaultAddress, outcome.Threads));
        Assert.Equal((architecture, true), (dump.SystemInfo.Architecture, dump.SystemInfo.IsLinux));
        Assert.Equal(new MinidumpCrash(100, 11, 1, 0xdead), dump.Exception);
        Assert.Equal((0x40_1010UL, 0x7000_0100UL), (dump.Threads[0].InstructionPointer, dump.Threads[0].StackPointer));
        Assert.Equal(new MinidumpModule("/bin/prog", 0x40_0000, 0x2000, "abcdef01"), Assert.Single(dump.Modules));
        Assert.Equal(100U, dump.Pid);
    }

    [Theory]
    [InlineData(0,
        "rax=11 rbx=6 rcx=12 rdx=13 rsi=14 rdi=15 rbp=5 r8=10 r9=9 r10=8 r11=7 r12=4 r13=3 r14=2 r15=1 eflags=19 cs=18 ss=21 ds=24 es=25 "
        + "fs=26 gs=27")]
    [InlineData(1, "eax=7 ebx=1 ecx=2 edx=3 esi=4 edi=5 ebp=6 eflags=15 cs=14 ss=17 ds=8 es=9 fs=10 gs=11")]
    [InlineData(2, "x0=1 x1=2 x2=3 x10=11 x28=29 x29=30 x30=31 cpsr=34")]
    public void A_register_keeps_its_name_and_its_value(int machine, string registers)
    {
        var (_, dump) = Convert(CoreBuilder.Crashed((CoreMachine)machine));

        var found = dump.Threads[0].Registers.Select(register => $"{register.Name}={register.Value}").ToHashSet();
        Assert.All(registers.Split(' '), register => Assert.Contains(register, found));
    }

    [Fact]
    public void The_stack_is_there_from_the_red_zone_to_its_end()
    {
        var (_, dump) = Convert(CoreBuilder.Crashed());

        var stack = new byte[0x1f80];
        Assert.Equal((0x7000_0080UL, 0x1f80), (dump.Threads[0].StackStart, dump.Threads[0].StackSize));
        Assert.True(dump.TryReadMemory(0x7000_0080, stack));
        Assert.Equal(CoreBuilder.Pattern(0x2000)[0x80..], stack);
    }

    [Fact]
    public void A_stack_that_has_overflown_is_the_mapping_above_the_stack_pointer()
    {
        var builder = new CoreBuilder(CoreMachine.X64);
        builder.AddThread(1, 11, stack: 0x7000_0000 - 0x2000, code: 0);
        builder.AddMemory(0x7000_0000, CoreBuilder.Pattern(0x3000));

        var (_, dump) = Convert(builder);

        Assert.Equal((0x7000_0000UL, 0x3000), (dump.Threads[0].StackStart, dump.Threads[0].StackSize));
    }

    [Fact]
    public void Arguments_and_environment_at_the_end_of_the_stack_stay_out()
    {
        var builder = new CoreBuilder(CoreMachine.X64);
        builder.AddThread(1, 11, stack: 0x7000_0100, code: 0x7000_1800);
        builder.AddNote("CORE", 6, builder.Words(25, 0x7000_1000, 0, 0));
        builder.AddMemory(0x7000_0000, [.. CoreBuilder.Pattern(0x1000), .. Enumerable.Repeat((byte)0x53, 0x1000)]);

        var converted = Converted.From(builder.Build());

        Assert.Equal(0x7000_1000UL, converted.Dump.Threads[0].StackStart + (ulong)converted.Dump.Threads[0].StackSize);
        Assert.Equal(-1, converted.Bytes.AsSpan().IndexOf("SSSSSSSS"u8));
    }

    [Fact]
    public void What_registers_of_the_crashed_thread_point_to_is_kept()
    {
        var builder = new CoreBuilder(CoreMachine.Arm64);
        builder.AddThread(1, 11, stack: 0x9_0000, code: 0);
        builder.AddMemory(0, CoreBuilder.Pattern(0x400));

        var (_, dump) = Convert(builder);

        Assert.True(dump.TryReadMemory(1, new byte[0x180]));
    }

    [Theory]
    [InlineData(6, -6, 0UL)]
    [InlineData(11, 0, 0UL)]
    [InlineData(8, 1, 0x77UL)]
    [InlineData(7, 2, 0x77UL)]
    public void Only_a_signal_of_the_kernels_about_an_address_has_one(int signal, int code, ulong address)
    {
        var builder = new CoreBuilder(CoreMachine.X64);
        builder.AddThread(1, signal, stack: 0, code: 0);
        builder.AddNote("CORE", 0x53494749, builder.SignalNote(signal, code, 0x77));

        Assert.Equal(address, Convert(builder).Outcome.FaultAddress);
    }

    [Theory]
    [InlineData(6, 11, 6)]
    [InlineData(0, 11, 11)]
    public void Without_its_note_the_signal_is_the_threads_or_else_the_kernels_word(int ofThread, int told, int signal)
    {
        var builder = new CoreBuilder(CoreMachine.X64);
        builder.AddThread(1, ofThread, stack: 0, code: 0);

        var (outcome, dump) = Convert(builder, new ProcessFacts { Signal = told });

        Assert.Equal((signal, signal), (outcome.Signal, dump.Exception!.Signal));
    }

    [Fact]
    public void Facts_of_the_process_become_streams()
    {
        var facts = new ProcessFacts
        {
            Pid = 4711,
            KernelVersion = "Linux 6.12.73 #1 SMP x86_64",
            CpuInfo = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\n\nprocessor\t: 1\n"u8.ToArray(),
            Maps = "1000-2000 r-xp 0 00:00 0 /x\n"u8.ToArray(),
            Status = "Name:\tprog\nPid:\t4711\n"u8.ToArray(),
            CommandLine = "prog\0-v\0"u8.ToArray(),
            Environ = "A=1\0"u8.ToArray(),
            Auxv = new byte[16],
            OsRelease = "ID=debian\n"u8.ToArray(),
            CrashTime = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000),
        };

        var (_, dump) = Convert(CoreBuilder.Crashed(), facts);

        Assert.Equal((4711U, 2, facts.KernelVersion), (dump.Pid, dump.SystemInfo.Processors, dump.SystemInfo.KernelVersion));
        Assert.Equal(facts.CrashTime, dump.Time);
        Assert.Equal(
            [facts.CpuInfo, facts.Maps, facts.Status, facts.CommandLine, facts.Environ, facts.Auxv, facts.OsRelease],
            [dump.LinuxCpuInfo, dump.LinuxMaps, dump.LinuxStatus, dump.LinuxCommandLine, dump.LinuxEnviron, dump.LinuxAuxv,
                dump.LinuxOsRelease],
            (one, other) => one.Span.SequenceEqual(other.Span));
    }

    [Fact]
    public void What_the_collector_could_not_read_is_made_of_the_core()
    {
        var (_, dump) = Convert(CoreBuilder.Crashed());

        Assert.StartsWith(
            "00400000-00401000 r--p 00000000 00:00 0 /bin/prog\n", Encoding.UTF8.GetString(dump.LinuxMaps.Span), StringComparison.Ordinal);
        Assert.Contains("Pid:\t100\n", Encoding.UTF8.GetString(dump.LinuxStatus.Span), StringComparison.Ordinal);
        Assert.Equal("prog --option", Encoding.UTF8.GetString(dump.LinuxCommandLine.Span));
    }

    [Fact]
    public void Threads_are_named_by_the_collector_and_the_first_one_by_the_core()
    {
        var builder = CoreBuilder.Crashed();
        builder.AddThread(101, 0, stack: 0, code: 0);

        var (_, dump) = Convert(builder, new ProcessFacts
        {
            ThreadNames = new Dictionary<int, string> { [101] = "worker" },
        });

        Assert.Equal(["prog", "worker"], dump.Threads.Select(thread => thread.Name));
    }

    [Fact]
    public void The_core_is_read_to_its_end()
    {
        using var core = new MemoryStream([.. CoreBuilder.Crashed().Build(), .. new byte[100_000]]);

        var converted = Converted.From(core);

        Assert.Equal((core.Length, core.Length), (core.Position, converted.Outcome.CoreBytes));
        Assert.Equal(CoreState.Whole, converted.Outcome.State);
    }

    private static (ConversionOutcome Outcome, MinidumpFile Dump) Convert(CoreBuilder builder, ProcessFacts? facts = null)
    {
        var converted = Converted.From(builder.Build(), facts);
        return (converted.Outcome, converted.Dump);
    }
}
