using System.Buffers.Binary;
using VmTools.Crash.Conversion;
using VmTools.Crash.Minidumps;
using VmTools.Unit.Crash.Fakes;
using Xunit;

namespace VmTools.Unit.Crash.Conversion;

/// <summary>
/// The core of a real arm64 kernel, on a processor with the scalable vector extension and signed addresses: the minidump says what gdb and
/// lldb say of the core.
/// </summary>
public sealed class Arm64CoreTests
{
    private const uint Died = 125;
    private const uint Busy = 127;
    private const uint Idle = 126;

    private static readonly byte[] Core = RecordedCore.Arm64();

    /// <summary>The head of NT_ARM_PACA_KEYS.</summary>
    private static readonly byte[] KeysNote = [6, 0, 0, 0, 64, 0, 0, 0, 7, 4, 0, 0, .. "LINUX\0\0\0"u8];

    private readonly Converted _converted = Converted.From(Core);

    private MinidumpFile Dump => _converted.Dump;

    [Fact]
    public void It_is_converted_whole()
    {
        Assert.Equal(
            new ConversionOutcome
            {
                HasDump = true,
                State = CoreState.Whole,
                Signal = 11,
                SignalCode = 1,
                FaultAddress = 0x77_dead_0008,
                Threads = 3,
                Modules = 4,
                CoreBytes = Core.Length,
                DumpBytes = _converted.Bytes.Length,
            },
            _converted.Outcome);
        Assert.Equal((ProcessorArchitecture.Arm64, true), (Dump.SystemInfo.Architecture, Dump.SystemInfo.IsLinux));
        Assert.Equal(new MinidumpCrash(Died, 11, 1, 0x77_dead_0008), Dump.Exception);
        Assert.Equal(Died, Dump.Pid);
    }

    [Fact]
    public void Each_thread_is_where_it_was()
    {
        Assert.Equal(
            [(Died, 0xaaaa_c5d1_11fc, 0xffff_f028_b500), (Busy, 0xaaaa_c5d1_1264, 0xffff_bc92_e920), (
                Idle, 0xffff_bca1_8a18, 0xffff_bc95_e900)],
            Dump.Threads.Select(thread => (thread.Id, (long)thread.InstructionPointer, (long)thread.StackPointer)));
    }

    [Fact]
    public void The_general_registers_have_what_the_program_put_there()
    {
        var registers = Thread(Died).Registers.ToDictionary(register => register.Name, register => register.Value);

        Assert.Equal(
            [0UL, .. Enumerable.Range(1, 27).Select(Twice), 0x77_dead_0000, 0xffff_f028_b500, 0xaaaa_c5d1_1214],
            Enumerable.Range(0, 31).Select(number => registers[$"x{number}"]));
        Assert.Equal(0x6000_1000UL, registers["cpsr"]);
    }

    [Fact]
    public void The_vectors_have_what_the_program_put_there()
    {
        var vectors = Thread(Died).Vectors.ToDictionary(vector => vector.Name, vector => vector.Value.ToArray());

        Assert.Equal(32, vectors.Count);
        Assert.All(Enumerable.Range(0, 32), number => Assert.Equal(Enumerable.Repeat((byte)number, 16), vectors[$"v{number}"]));
    }

    [Fact]
    public void Of_scalable_vectors_in_use_the_lowest_128_bits_are_there()
    {
        var vector = Thread(Busy).Vectors.Single(vector => vector.Name == "v8").Value.ToArray();

        Assert.Equal(
            (0x42UL, 0x42UL), (BinaryPrimitives.ReadUInt64LittleEndian(vector), BinaryPrimitives.ReadUInt64LittleEndian(vector.AsSpan(8))));
    }

    [Fact]
    public void The_modules_are_those_that_were_mapped()
    {
        Assert.Equal(
            [
                new("/usr/bin/die", 0xaaaa_c5d1_0000, 0x2_1000, "2b3f7d12dedd502be75ab27c85ccd804b2744a33"),
                new("/lib/libc.so.6", 0xffff_bc96_0000, 0x1a_2000, "67adfea574cc9357d858bf79acc700c660126c81"),
                new("/lib/ld-linux-aarch64.so.1", 0xffff_bcb1_4000, 0x4_2000, "e2f2d3774067d1825b5e8333acfd2cb469803f74"),
                new("linux-gate.so", 0xffff_bcb5_0000, 0x1000, "a484288eb94ddce0bb15667880a51b50ebea9244"),
            ],
            Dump.Modules);
    }

    [Fact]
    public void The_kernels_library_is_found_though_it_lies_in_a_gap_of_another_one()
    {
        Assert.Equal("linux-gate.so", Dump.ModuleOf(0xffff_bcb5_0010)?.Path);
        Assert.Equal("/lib/ld-linux-aarch64.so.1", Dump.ModuleOf(0xffff_bcb5_2010)?.Path);
    }

    [Theory]
    [InlineData(33, 0xffff_bcb5_0000)]
    [InlineData(3, 0xaaaa_c5d1_0040)]
    [InlineData(7, 0xffff_bcb1_4000)]
    [InlineData(9, 0xaaaa_c5d1_0f80)]
    [InlineData(16, 0xfdff_ffff)]
    [InlineData(51, 0x2700)]
    public void The_auxiliary_vector_is_the_cores(long key, long value)
    {
        var entries = Dump.LinuxAuxv.ToArray().Chunk(16).ToDictionary(
            entry => BinaryPrimitives.ReadInt64LittleEndian(entry), entry => BinaryPrimitives.ReadInt64LittleEndian(entry.AsSpan(8)));

        Assert.Equal((23, value), (entries.Count, entries[key]));
    }

    [Fact]
    public void A_signed_return_address_is_on_the_stack_as_it_was()
    {
        var record = new byte[16];

        Assert.True(Dump.TryReadMemory(0xffff_bc92_e920, record));
        Assert.Equal(
            (0xffff_bc92_e940UL, 0x0050_ffff_bc9d_edd8UL),
            (BinaryPrimitives.ReadUInt64LittleEndian(record), BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(8))));
    }

    [Fact]
    public void The_keys_of_signed_addresses_stay_in_the_core()
    {
        var key = Core.AsSpan(Core.AsSpan().IndexOf(KeysNote) + KeysNote.Length, 16).ToArray();

        Assert.Contains(key, part => part != 0);
        Assert.Equal(-1, _converted.Bytes.AsSpan().IndexOf(key));
    }

    private MinidumpThread Thread(uint id) => Dump.Threads.Single(thread => thread.Id == id);

    /// <summary>12 in decimal becomes 0x1212000000001212.</summary>
    private static ulong Twice(int number)
    {
        var digits = Convert.ToUInt64($"{number}{number}", 16);
        return digits | (digits << 48);
    }
}
