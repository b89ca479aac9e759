using VmTools.Guest.Maitred.Shutdown;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Shutdown;

public sealed class UnmountAllTests
{
    [Theory]
    [InlineData("/", true)]
    [InlineData("/dev", true)]
    [InlineData("/dev/pts", true)]
    [InlineData("/sys/fs/cgroup", true)]
    [InlineData("/proc", true)]
    [InlineData("/opt/google/vmtools", true)]
    [InlineData("/device", false)]
    [InlineData("/mnt/stateful", false)]
    [InlineData("/etc", false)]
    public void Only_the_kernels_file_systems_and_our_own_program_stay(string target, bool kept) =>
        Assert.Equal(kept, UnmountAll.IsKept(target));
}
