using VmTools.Guest.Maitred.Shutdown;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Shutdown;

public sealed class RunningProcessTests
{
    private const int Self = 1;
    private const ulong Root = 4026531836;
    private const ulong Container = 4026532000;

    [Fact]
    public void An_ordinary_program_is_signalled_in_both_rounds()
    {
        var shell = Process();

        Assert.Equal(StopDecision.SignalAndWait, shell.Decide(Self, Root, isFinal: false));
        Assert.Equal(StopDecision.SignalAndWait, shell.Decide(Self, Root, isFinal: true));
    }

    [Fact]
    public void A_kernel_thread_is_left_alone() =>
        Assert.Equal(StopDecision.Ignore, Process(executable: null).Decide(Self, Root, isFinal: true));

    [Fact]
    public void Init_is_left_alone() => Assert.Equal(StopDecision.Ignore, Process(pid: 1).Decide(Self, Root, isFinal: true));

    [Fact]
    public void A_container_is_stopped_by_its_own_init_and_killed_in_the_end()
    {
        var contained = Process(pidNamespace: Container);

        Assert.Equal(StopDecision.WaitOnly, contained.Decide(Self, Root, isFinal: false));
        Assert.Equal(StopDecision.SignalAndWait, contained.Decide(Self, Root, isFinal: true));
    }

    [Fact]
    public void Where_our_own_name_space_is_unknown_everything_counts_as_contained() =>
        Assert.Equal(StopDecision.WaitOnly, Process().Decide(Self, rootNamespace: 0, isFinal: false));

    [Fact]
    public void The_log_daemon_hears_the_others_out() =>
        Assert.Equal(StopDecision.Ignore, Process(commandLine: "vm_syslog").Decide(Self, Root, isFinal: false));

    [Fact]
    public void A_container_engine_is_waited_for() =>
        Assert.Equal(StopDecision.WaitOnly, Process(executable: "/usr/bin/lxd").Decide(Self, Root, isFinal: false));

    private static RunningProcess Process(
        int pid = 100, string? executable = "/bin/bash", string commandLine = "bash", ulong pidNamespace = Root) =>
        new(pid, executable, commandLine, pidNamespace);
}
