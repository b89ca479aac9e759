using VmTools.Guest.CrashCollector;
using VmTools.Guest.CrashCollector.Facts;
using VmTools.Guest.CrashCollector.Reports;
using VmTools.Guest.HostCall;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector.Reports;

public sealed class CrashReportBuilderTests : IDisposable
{
    private static readonly CoreSummary Core = new()
    {
        State = "complete",
        Signal = 11,
        SignalCode = 1,
        FaultAddress = 0x10,
        Threads = 64,
        CoreBytes = 4096,
        Minidump = new byte[] { 1, 2 },
    };

    private readonly CrashNotice _notice = new()
    {
        Pid = 40,
        InnerPid = 7,
        Signal = 6,
        Uid = 1000,
        Gid = 1001,
        DumpMode = 1,
        Tid = 41,
        Executable = "/usr/bin/victim",
    };

    private readonly ProcessSnapshot _snapshot = new()
    {
        Executable = "/usr/bin/vic tim (deleted)",
        VmRelease = "Debian",
        Age = TimeSpan.FromSeconds(2),
    };

    public void Dispose() => _snapshot.Dispose();

    [Theory]
    [InlineData("exec_name", "vic tim")]
    [InlineData("exec_path", "/usr/bin/vic tim (deleted)")]
    [InlineData("sig", "11")]
    [InlineData("sig_name", "SIGSEGV")]
    [InlineData("sig_code", "1")]
    [InlineData("fault_address", "0x10")]
    [InlineData("pid", "40")]
    [InlineData("inner_pid", "7")]
    [InlineData("uid", "1000")]
    [InlineData("gid", "1001")]
    [InlineData("os_millis", "1700000000123")]
    [InlineData("upload_var_ptime", "2000")]
    [InlineData("upload_var_collector", "user")]
    [InlineData("vm_os_release", "Debian")]
    [InlineData("in_container", "false")]
    [InlineData("threads", "64")]
    [InlineData("core_bytes", "4096")]
    [InlineData("core_state", "complete")]
    [InlineData("suppressed", "5")]
    [InlineData("payload", "vic_tim.20231114.221320.40.dmp")]
    [InlineData("done", "1")]
    public void A_report_names_what_is_known(string key, string value) => Assert.Equal(value, Build(_snapshot, Core).Fields[key]);

    [Fact]
    public void Without_a_minidump_there_is_no_payload_but_the_reason()
    {
        var report = Build(_snapshot, CoreSummary.NotRead("too slow"));

        Assert.Equal(("not_read", "too slow", "6", "SIGABRT"),
            (report.Fields["core_state"], report.Fields["dump_problem"], report.Fields["sig"], report.Fields["sig_name"]));
        Assert.False(report.Fields.ContainsKey("payload") || report.Fields.ContainsKey("fault_address"));
        Assert.True(report.Minidump.IsEmpty);
    }

    [Fact]
    public void Names_that_a_process_chose_are_one_line_of_bounded_length()
    {
        var report = Build(_snapshot with { Executable = "/tmp/a\ndone=0\u001b[31m" + new string('x', 100_000) }, Core);

        Assert.StartsWith("a done=0 [31mxxx", report.Fields["exec_name"], StringComparison.Ordinal);
        Assert.All(report.Fields, pair => Assert.InRange(pair.Value.Length, 0, CrashReportBuilder.MaxValue));
        Assert.DoesNotContain(report.Fields.Values, value => value.Any(char.IsControl));
    }

    [Fact]
    public void A_long_process_tree_is_cut()
    {
        var report = Build(_snapshot with { ProcessTree = new string('x', 1_000_000) }, Core);

        Assert.Equal(CrashReportBuilder.MaxTree, report.ProcessTree.Length);
    }

    [Theory]
    [InlineData("/usr/bin/perl", "perl")]
    [InlineData("perl", "perl")]
    [InlineData("/opt/x (deleted)", "x")]
    [InlineData("", "unknown")]
    [InlineData("/", "unknown")]
    public void A_name_is_the_end_of_the_path(string path, string name) => Assert.Equal(name, CrashReportBuilder.NameOf(path));

    private CrashReportContent Build(ProcessSnapshot snapshot, CoreSummary core) =>
        new CrashReportBuilder(_notice, snapshot, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123)).Build(core, suppressed: 5);
}
