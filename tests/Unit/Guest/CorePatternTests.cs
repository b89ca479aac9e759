using VmTools.Guest;
using VmTools.Linux;
using Xunit;

namespace VmTools.Unit.Guest;

public sealed class CorePatternTests
{
    private readonly List<(string Name, string Value)> _written = [];

    [Fact]
    public void The_limit_is_written_before_the_pattern()
    {
        CorePattern.Register("/my/path", (name, value) => _written.Add((name, value)));

        Assert.Equal(
            [("kernel/core_pipe_limit", "4"), ("kernel/core_pattern", "|/my/path --user=%P:%p:%s:%u:%g:%d:%I:%E")],
            _written);
    }

    [Fact]
    public void The_pattern_of_our_own_path_fits_into_the_kernels_128_bytes() =>
        Assert.InRange(CorePattern.Of(AgentPaths.CrashCollector).Length, 1, CorePattern.MaxBytes);

    [Theory]
    [InlineData("/a place/crash_collector")]
    [InlineData("/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")]
    public void A_path_that_the_kernel_would_cut_is_refused_and_nothing_is_written(string program)
    {
        Assert.Throws<LinuxException>(() => CorePattern.Register(program, (name, value) => _written.Add((name, value))));

        Assert.Empty(_written);
    }

    [Fact]
    public void Without_a_limit_there_is_no_pattern()
    {
        Assert.Throws<LinuxException>(() => CorePattern.Register("/my/path", (name, value) =>
        {
            _written.Add((name, value));
            throw new LinuxException(Errno.EACCES, "write", name);
        }));

        Assert.Equal(["kernel/core_pipe_limit"], _written.Select(setting => setting.Name));
    }
}
