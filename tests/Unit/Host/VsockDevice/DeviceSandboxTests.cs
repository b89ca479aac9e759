using System.Runtime.InteropServices;
using VmTools.Host.VsockDevice;
using VmTools.Linux;
using VmTools.Linux.Rights;
using VmTools.Unit.Linux.Rights;
using Xunit;

namespace VmTools.Unit.Host.VsockDevice;

public sealed class DeviceSandboxTests
{
    private const int Pid = 4711;

    private static readonly uint Refused = SeccompAction.Fail(Errno.EPERM).Value;

    [Theory]
    [InlineData("execve")]
    [InlineData("ptrace")]
    [InlineData("process_vm_readv")]
    [InlineData("mount")]
    [InlineData("unshare")]
    [InlineData("bpf")]
    [InlineData("io_uring_setup")]
    [InlineData("fork")]
    public void What_only_an_attacker_would_call_ends_the_device(string call) => Assert.Equal(SeccompAction.Kill.Value, Decide(call));

    [Theory]
    [InlineData("kill")]
    [InlineData("tkill")]
    [InlineData("mkdir")]
    [InlineData("memfd_create")]
    public void What_is_not_named_is_refused(string call) => Assert.Equal(Refused, Decide(call));

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(10, false)]
    [InlineData(16, false)]
    [InlineData(40, false)]
    public void Sockets_are_unix_sockets(ulong family, bool isAllowed) => Assert.Equal(isAllowed, IsAllowed("socket", family, 1));

    [Theory]
    [InlineData("mmap", 3, true)]
    [InlineData("mmap", 5, false)]
    [InlineData("mprotect", 1, true)]
    [InlineData("mprotect", 7, false)]
    public void No_memory_is_made_executable(string call, ulong protection, bool isAllowed) =>
        Assert.Equal(isAllowed, IsAllowed(call, 0, 4096, protection));

    [Theory]
    [InlineData(Pid, true)]
    [InlineData(1, false)]
    public void Only_its_own_threads_are_signalled(ulong process, bool isAllowed) =>
        Assert.Equal(isAllowed, IsAllowed("tgkill", process, process, 10));

    [Theory]
    [InlineData(0x3d0f00, true)]
    [InlineData(0x11, false)]
    [InlineData(0x10010100, false)]
    public void Threads_are_made_and_no_processes_or_name_spaces(ulong flags, bool isAllowed) =>
        Assert.Equal(isAllowed, IsAllowed("clone", flags));

    [Fact]
    public void Limits_are_asked_for_and_not_set()
    {
        Assert.True(IsAllowed("prlimit64", 0, 7, 0, 0x7000));
        Assert.False(IsAllowed("prlimit64", 0, 7, 0x7000, 0));
        Assert.False(IsAllowed("prlimit64", 1, 7, 0, 0x7000));
    }

    [Theory]
    [InlineData(Architecture.X64)]
    [InlineData(Architecture.Arm64)]
    public void The_program_is_one_that_the_kernel_takes(Architecture architecture)
    {
        Assert.InRange(DeviceSandbox.Filter(Pid).Assemble(architecture).Length, 100, 4096);
    }

    private static bool IsAllowed(string call, params ulong[] arguments) => Decide(call, arguments) == SeccompAction.Allow.Value;

    private static uint Decide(string call, params ulong[] arguments) =>
        SeccompInterpreter.Decide(DeviceSandbox.Filter(Pid), call, arguments);
}
