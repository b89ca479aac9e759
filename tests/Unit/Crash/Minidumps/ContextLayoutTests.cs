using VmTools.Crash.Minidumps;
using Xunit;

namespace VmTools.Unit.Crash.Minidumps;

/// <summary>The context records against the offsets of winnt.h and of Breakpad's header for arm64.</summary>
public sealed class ContextLayoutTests
{
    [Theory]
    [InlineData(ProcessorArchitecture.Amd64, 1232,
        "rax 0x78, rcx 0x80, rdx 0x88, rbx 0x90, rsp 0x98, rbp 0xa0, rsi 0xa8, rdi 0xb0, r8 0xb8, r15 0xf0, rip 0xf8, cs 0x38, ss 0x42, "
        + "eflags 0x44")]
    [InlineData(ProcessorArchitecture.X86, 716,
        "gs 0x8c, fs 0x90, es 0x94, ds 0x98, edi 0x9c, esi 0xa0, ebx 0xa4, edx 0xa8, ecx 0xac, eax 0xb0, ebp 0xb4, eip 0xb8, cs 0xbc, "
        + "eflags 0xc0, esp 0xc4, ss 0xc8")]
    [InlineData(ProcessorArchitecture.Arm64, 796, "x0 0x8, x30 0xf8, sp 0x100, pc 0x108, cpsr 0x110")]
    public void Registers_are_where_readers_look_for_them(ProcessorArchitecture architecture, int size, string places)
    {
        var layout = ContextLayout.Of(architecture);

        var found = layout.Registers.Select(field => $"{field.Name} 0x{field.Offset:x}").ToHashSet();
        Assert.Equal(size, layout.Size);
        Assert.All(places.Split(", "), place => Assert.Contains(place, found));
    }

    [Theory]
    [InlineData(ProcessorArchitecture.Amd64)]
    [InlineData(ProcessorArchitecture.X86)]
    [InlineData(ProcessorArchitecture.Arm64)]
    public void Fields_lie_within_the_record_and_not_over_each_other(ProcessorArchitecture architecture)
    {
        var layout = ContextLayout.Of(architecture);

        var fields = layout.Registers.Append(layout.Flags).OrderBy(field => field.Offset).ToList();
        Assert.All(fields.Zip(fields.Skip(1)), pair => Assert.True(
            pair.First.End <= pair.Second.Offset, $"{pair.First} and {pair.Second}"));
        Assert.True(layout.FloatingPointAt + layout.FloatingPointSize <= layout.Size);
        Assert.True(fields[^1].End <= layout.Size);
    }
}
