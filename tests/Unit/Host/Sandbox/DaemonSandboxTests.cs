using VmTools.Host.Sandbox;
using VmTools.Linux;
using VmTools.Linux.Rights;
using VmTools.Unit.Linux.Rights;
using Xunit;

namespace VmTools.Unit.Host.Sandbox;

public sealed class DaemonSandboxTests
{
    private static readonly uint Allowed = SeccompAction.Allow.Value;
    private static readonly uint Killed = SeccompAction.Kill.Value;
    private static readonly uint Refused = SeccompAction.Fail(Errno.EPERM).Value;

    [Fact]
    public void A_daemon_that_starts_nothing_ends_when_it_does()
    {
        var filter = new DaemonSandbox().Filter();

        Assert.Equal(Killed, SeccompInterpreter.Decide(filter, "execve"));
        Assert.Equal(Killed, SeccompInterpreter.Decide(filter, "ptrace"));
        Assert.Equal(Killed, SeccompInterpreter.Decide(filter, "unshare"));
        Assert.Equal(Killed, SeccompInterpreter.Decide(filter, "clone", 0x10000000));
        Assert.Equal(Allowed, SeccompInterpreter.Decide(filter, "clone", 0x3d0f00));
        Assert.Equal(Allowed, SeccompInterpreter.Decide(filter, "socket", 1));
        Assert.Equal(SeccompAction.Fail(Errno.EAFNOSUPPORT).Value, SeccompInterpreter.Decide(filter, "socket", 2));
    }

    [Fact]
    public void What_a_daemon_starts_is_told_no_and_lives()
    {
        var filter = new DaemonSandbox { StartsPrograms = true }.Filter();

        Assert.Equal(Allowed, SeccompInterpreter.Decide(filter, "execve"));
        Assert.Equal(Allowed, SeccompInterpreter.Decide(filter, "socket", 2));
        Assert.Equal(Refused, SeccompInterpreter.Decide(filter, "ptrace"));
        Assert.Equal(Refused, SeccompInterpreter.Decide(filter, "mount"));
        Assert.Equal(Refused, SeccompInterpreter.Decide(filter, "clone", 0x10000011));
    }

    [Fact]
    public void Programs_that_confine_themselves_may_make_name_spaces()
    {
        var filter = new DaemonSandbox { StartsPrograms = true, StartsNamespaces = true }.Filter();

        Assert.Equal(Allowed, SeccompInterpreter.Decide(filter, "mount"));
        Assert.Equal(Allowed, SeccompInterpreter.Decide(filter, "clone", 0x10000011));
        Assert.Equal(Allowed, SeccompInterpreter.Decide(filter, "clone3"));
        Assert.Equal(Refused, SeccompInterpreter.Decide(filter, "bpf"));
    }
}
