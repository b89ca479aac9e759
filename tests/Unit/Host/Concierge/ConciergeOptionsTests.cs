using VmTools.Host.Concierge;
using VmTools.Host.HostFacts;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Host.Concierge;

/// <summary>The command line and environment of vm_concierge.</summary>
public sealed class ConciergeOptionsTests
{
    [Fact]
    public void The_usual_bus_and_memory_hold_where_nothing_is_chosen() =>
        Assert.Equal(new ConciergeOptions("session", HostMemory.DefaultVmMiB), Parse([], null));

    [Fact]
    public void The_last_bus_that_is_named_is_served() =>
        Assert.Equal("unix:path=/b", Parse(["--bus=unix:path=/a", "--bus=unix:path=/b"], null).Bus);

    [Fact]
    public void Memory_comes_from_the_environment() => Assert.Equal(2048, Parse([], "2048").MemoryMiB);

    [Theory]
    [InlineData("--bus=", "--bus=: The address of a bus must follow")]
    [InlineData("--nonsense", "--nonsense: There is no such option. 'vm_concierge --help' lists them.")]
    [InlineData("--kept_days=3", "--kept_days=3: There is no such option. 'vm_concierge --help' lists them.")]
    [InlineData("bus", "bus: There is no such option. 'vm_concierge --help' lists them.")]
    public void A_wrong_argument_is_named(string argument, string sentence)
    {
        var refused = Assert.Throws<VmToolsException>(() => Parse([argument], null));

        Assert.Equal(ErrorKind.InvalidArgument, refused.Kind);
        Assert.StartsWith(sentence, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127")]
    [InlineData("-1")]
    [InlineData("1G")]
    [InlineData("99999999999999999999")]
    public void A_memory_that_cannot_be_names_the_variable(string text)
    {
        var refused = Assert.Throws<VmToolsException>(() => Parse([], text));

        Assert.Equal(ErrorKind.InvalidArgument, refused.Kind);
        Assert.Equal($"VMTOOLS_VM_MEMORY_MIB: It is '{text}' and should be a number of MiB, 128 or more.", refused.Message);
    }

    private static ConciergeOptions Parse(string[] arguments, string? memory) =>
        ConciergeOptions.Parse(arguments, "session", name => name == "VMTOOLS_VM_MEMORY_MIB" ? memory : null);
}
