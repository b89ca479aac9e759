using VmTools.Linux;
using VmTools.Linux.MachineFacts;
using Xunit;

namespace VmTools.Unit.Linux.MachineFacts;

public sealed class MachineTests
{
    [Fact]
    public void The_kernel_says_what_it_is()
    {
        var kernel = Machine.Uname();

        Assert.Equal(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), kernel.Release);
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/version").Trim(), kernel.Version);
    }

    [Fact]
    public void The_clock_is_not_set_without_the_right_to()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may set the clock, and this test must not");

        var refused = Assert.Throws<LinuxException>(() => Machine.SetTime(DateTimeOffset.UnixEpoch.AddYears(60)));

        Assert.Equal(Errno.EPERM, refused.Errno);
    }
}
