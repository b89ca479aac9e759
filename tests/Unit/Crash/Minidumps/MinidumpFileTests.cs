using System.Buffers.Binary;
using VmTools.Crash.Minidumps;
using VmTools.Unit.Crash.Fakes;
using Xunit;

namespace VmTools.Unit.Crash.Minidumps;

/// <summary>Minidumps from strangers.</summary>
public sealed class MinidumpFileTests
{
    private const int FirstStream = 32;

    private readonly byte[] _bytes = Converted.From(CoreBuilder.Crashed().Build()).Bytes;

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    public void What_is_too_short_for_a_header_is_no_minidump(int length)
    {
        Assert.False(MinidumpFile.TryRead(_bytes.AsMemory(0, length), out _, out var problem));
        Assert.Equal("This is no minidump: it does not begin with MDMP.", problem);
    }

    [Theory]
    [InlineData(8, 100_000U)]
    [InlineData(8, uint.MaxValue)]
    [InlineData(12, uint.MaxValue)]
    [InlineData(4, 1U)]
    public void A_list_of_streams_that_is_not_within_the_file_is_refused(int at, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), value);

        Assert.False(MinidumpFile.TryRead(_bytes, out _, out var problem));
        Assert.Equal("The minidump is damaged: its list of streams is not within it.", problem);
    }

    [Fact]
    public void Without_a_machine_there_is_nothing_to_read()
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Entry(MinidumpStreamType.SystemInfo), 0);

        Assert.False(MinidumpFile.TryRead(_bytes, out _, out var problem));
        Assert.Equal("The minidump does not say of what machine it is.", problem);
    }

    [Theory]
    [InlineData(4, 0x7fff_ffffU)]
    [InlineData(8, 0xffff_fff0U)]
    public void A_stream_that_is_not_within_the_file_does_not_exist(int at, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Entry(MinidumpStreamType.ModuleList)[at..], value);

        var dump = Read();

        Assert.Empty(dump.Modules);
        Assert.Single(dump.Threads);
    }

    [Theory]
    [InlineData(MinidumpStreamType.ThreadList)]
    [InlineData(MinidumpStreamType.ModuleList)]
    [InlineData(MinidumpStreamType.MemoryList)]
    [InlineData(MinidumpStreamType.ThreadNames)]
    public void A_list_has_no_more_entries_than_bytes(object stream)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Stream((MinidumpStreamType)stream), uint.MaxValue);

        var dump = Read();

        Assert.Equal((1, 1), (dump.Threads.Count, dump.Modules.Count));
    }

    [Fact]
    public void A_list_whose_entries_begin_at_eight_bytes_is_read_too()
    {
        var list = Stream(MinidumpStreamType.ThreadList).ToArray();
        byte[] aligned = [.. list.AsSpan(0, 4), 0, 0, 0, 0, .. list.AsSpan(4)];
        byte[] bytes = [.. _bytes, .. aligned];
        var entry = bytes.AsSpan(FirstStream + EntryOffset(MinidumpStreamType.ThreadList));
        BinaryPrimitives.WriteInt32LittleEndian(entry[4..], aligned.Length);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], _bytes.Length);

        Assert.True(MinidumpFile.TryRead(bytes, out var dump, out _));
        Assert.Equal(100U, Assert.Single(dump!.Threads).Id);
    }

    [Fact]
    public void A_context_of_another_kind_gives_no_registers()
    {
        var context = BinaryPrimitives.ReadInt32LittleEndian(Stream(MinidumpStreamType.ThreadList)[(4 + 44)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(context + 0x30), 0x40000f);

        Assert.Empty(Assert.Single(Read().Threads).Registers);
    }

    [Fact]
    public void An_unknown_machine_has_threads_without_registers()
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Stream(MinidumpStreamType.SystemInfo), 5);

        var dump = Read();

        Assert.Equal(((ProcessorArchitecture)5, 0), (dump.SystemInfo.Architecture, dump.Threads[0].Registers.Count));
    }

    [Theory]
    [InlineData(0x7000_1ff0UL, 16, true)]
    [InlineData(0x7000_1ff0UL, 17, false)]
    [InlineData(0x6fff_ffffUL, 1, false)]
    [InlineData(ulong.MaxValue, 2, false)]
    public void Memory_is_read_whole_or_not_at_all(ulong address, int length, bool isThere) =>
        Assert.Equal(isThere, Read().TryReadMemory(address, new byte[length]));

    [Fact]
    public void An_address_belongs_to_the_module_around_it()
    {
        var dump = Read();

        Assert.Equal("/bin/prog", dump.ModuleOf(dump.Threads[0].InstructionPointer)?.Path);
        Assert.Null(dump.ModuleOf(0x40_2000));
    }

    private MinidumpFile Read() =>
        MinidumpFile.TryRead(_bytes, out var dump, out var problem) ? dump! : throw new InvalidDataException(problem);

    private Span<byte> Entry(MinidumpStreamType type) => _bytes.AsSpan(FirstStream + EntryOffset(type));

    private Span<byte> Stream(MinidumpStreamType type)
    {
        var entry = Entry(type);
        return _bytes.AsSpan(BinaryPrimitives.ReadInt32LittleEndian(entry[8..]), BinaryPrimitives.ReadInt32LittleEndian(entry[4..]));
    }

    private int EntryOffset(MinidumpStreamType type)
    {
        var offset = 0;
        while (BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(FirstStream + offset)) != (uint)type)
        {
            offset += 12;
        }

        return offset;
    }
}
