using System.Runtime.InteropServices;
using VmTools.Linux;
using VmTools.Linux.Libc;
using VmTools.Linux.Rights;
using Xunit;

namespace VmTools.Unit.Linux.Rights;

/// <summary>What the filters' programs decide, worked out by an interpreter of their few instructions (bpf(4)).</summary>
public sealed class SeccompFilterTests
{
    private const uint X64 = 0xC000003E;
    private const uint Arm64 = 0xC00000B7;
    private const uint I386 = 0x40000003;

    private static readonly uint Refused = SeccompAction.Fail(Errno.EPERM).Value;

    [Theory]
    [InlineData("read", true)]
    [InlineData("write", true)]
    [InlineData("openat", false)]
    public void A_call_that_is_named_is_allowed_and_others_are_not(string call, bool isAllowed)
    {
        var filter = new SeccompFilter(SeccompAction.Fail(Errno.EPERM)).Add(SeccompAction.Allow, "read write");

        Assert.Equal(isAllowed ? SeccompAction.Allow.Value : Refused, Decide(filter, call));
    }

    [Fact]
    public void The_first_rule_for_a_call_decides()
    {
        var filter = new SeccompFilter(SeccompAction.Allow)
            .Add(SeccompAction.Kill, "ptrace").Add(SeccompAction.Fail(Errno.EPERM), "ptrace mount");

        Assert.Equal(SeccompAction.Kill.Value, Decide(filter, "ptrace"));
        Assert.Equal(Refused, Decide(filter, "mount"));
        Assert.Equal(SeccompAction.Allow.Value, Decide(filter, "read"));
    }

    [Theory]
    [InlineData(1, 0, true)]
    [InlineData(1, 5, false)]
    [InlineData(2, 0, false)]
    [InlineData(0xFFFFFFFF_00000001, 0, true)]
    [InlineData(1, 0x1_00000000, false)]
    public void A_rule_holds_where_all_its_tests_do(ulong family, ulong protocol, bool isAllowed)
    {
        var filter = new SeccompFilter(SeccompAction.Fail(Errno.EPERM))
            .Add(new SeccompRule("socket", SeccompAction.Allow, SeccompTest.IsInt(0, 1), new SeccompTest(2, ulong.MaxValue, 0)));

        Assert.Equal(isAllowed ? SeccompAction.Allow.Value : Refused, Decide(filter, "socket", family, 0, protocol));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void Several_rules_for_a_call_are_tried_one_after_another(ulong command, bool isAllowed)
    {
        var filter = new SeccompFilter(SeccompAction.Fail(Errno.EPERM)).Add(
            new SeccompRule("fcntl", SeccompAction.Allow, SeccompTest.IsInt(1, 1)),
            new SeccompRule("fcntl", SeccompAction.Allow, SeccompTest.IsInt(1, 2)));

        Assert.Equal(isAllowed ? SeccompAction.Allow.Value : Refused, Decide(filter, "fcntl", 7, command));
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(7, false)]
    [InlineData(3, true)]
    public void Bits_are_looked_at_one_by_one(ulong protection, bool isAllowed)
    {
        var filter = new SeccompFilter(SeccompAction.Fail(Errno.EPERM))
            .Add(new SeccompRule("mprotect", SeccompAction.Allow, SeccompTest.HasNone(2, 4)));

        Assert.Equal(isAllowed ? SeccompAction.Allow.Value : Refused, Decide(filter, "mprotect", 0, 0, protection));
    }

    [Fact]
    public void Calls_in_another_processors_way_end_the_process()
    {
        var filter = new SeccompFilter(SeccompAction.Allow);

        Assert.Equal(SeccompAction.Kill.Value, Run(filter.Assemble(Architecture.X64), I386, 3));
        Assert.Equal(SeccompAction.Kill.Value, Run(filter.Assemble(Architecture.X64), Arm64, 3));
        Assert.Equal(SeccompAction.Kill.Value, Run(filter.Assemble(Architecture.Arm64), X64, 3));
        Assert.Equal(SeccompAction.Allow.Value, Run(filter.Assemble(Architecture.Arm64), Arm64, 3));
    }

    [Fact]
    public void Calls_with_32_bit_pointers_end_the_process()
    {
        var program = new SeccompFilter(SeccompAction.Allow).Assemble(Architecture.X64);

        Assert.Equal(SeccompAction.Kill.Value, Run(program, X64, 0x40000000));
        Assert.Equal(SeccompAction.Kill.Value, Run(program, X64, 0x40000001));
        Assert.Equal(SeccompAction.Allow.Value, Run(program, X64, 0x3fffffff));
    }

    [Fact]
    public void A_name_that_is_no_call_is_told_at_once()
    {
        Assert.Throws<ArgumentException>(
            () => new SeccompFilter(SeccompAction.Allow).Add(SeccompAction.Kill, "raed").Assemble(Architecture.X64));
    }

    [Fact]
    public void A_call_that_a_processor_does_not_have_is_left_out()
    {
        var filter = new SeccompFilter(SeccompAction.Fail(Errno.EPERM)).Add(SeccompAction.Allow, "open");

        Assert.Equal(Refused, Run(filter.Assemble(Architecture.Arm64), Arm64, 2));
    }

    private static uint Decide(SeccompFilter filter, string call, params ulong[] arguments) =>
        SeccompInterpreter.Decide(filter, call, arguments);

    private static uint Run(SeccompInstruction[] program, uint architecture, uint number) =>
        SeccompInterpreter.Run(program, architecture, number);
}
