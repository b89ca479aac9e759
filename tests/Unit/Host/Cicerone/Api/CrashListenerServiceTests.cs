using System.Text;
using Google.Protobuf;
using Grpc.Core;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.CrashStore.Settings;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Api;

/// <summary>What becomes of the reports of guests, honest ones and others.</summary>
public sealed class CrashListenerServiceTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_report_is_three_files_of_the_vm_that_has_the_cid_for_the_owners_eyes()
    {
        await using var bench = CrashBench.Start().Run("dev", 40);
        var dump = Enumerable.Range(0, 256).Select(value => (byte)value).ToArray();
        var report = new CrashReport { Minidump = ByteString.CopyFrom(dump), ProcessTree = "### Process 12\nName:\tsleep\n" };
        report.Metadata.Add("exec_name", "sleep");
        report.Metadata.Add("sig", "11");
        report.Metadata.Add("pid", "12");

        await bench.SendAsync(40, report);

        var stored = Assert.Single(bench.Stored("dev"));
        Assert.Equal(dump, await File.ReadAllBytesAsync(stored.Dump, Cancel));
        Assert.Equal("### Process 12\nName:\tsleep\n", await File.ReadAllTextAsync(stored.Tree, Cancel));
        Assert.Equal(
            [
                "exec_name=sleep", "pid=12", "sig=11", "host_kind=program", "host_cid=40", "host_received_millis=1795883528000",
                    "host_os_release=A Host",
                $"payload={stored.Id}.dmp", $"upload_file_process_tree={stored.Id}.proclog", "done=1",
            ],
            await File.ReadAllLinesAsync(stored.Meta, Cancel));
        Assert.All(bench.Files, file => Assert.Equal(OwnerOnly, File.GetUnixFileMode(file)));
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(bench.DirectoryOf("dev")));
        Assert.StartsWith("20261128T163208-", stored.Id.Value, StringComparison.Ordinal);
        Assert.Equal("sleep (pid 12) died of SIGSEGV.", Assert.Single(bench.Told).Metadata.Sentence);
        Assert.Equal($"Warning: VM dev: report {stored.Id}: sleep (pid 12) died of SIGSEGV.", Assert.Single(bench.Log.Lines));
    }

    [Fact]
    public async Task Reports_of_two_vms_lie_apart_whatever_they_say_of_themselves()
    {
        await using var bench = CrashBench.Start().Run("dev", 40).Run("../other", 41);

        await bench.SendAsync(40, CrashBench.Report(4, ("host_cid", "41"), ("exec_name", "a")));
        await bench.SendAsync(41, CrashBench.Report(4, ("vm", "dev"), ("exec_name", "b")));

        Assert.Equal(
            ("a", "40"), (
            Assert.Single(bench.Stored("dev")).Metadata["exec_name"], Assert.Single(bench.Stored("dev")).Metadata["host_cid"]));
        Assert.Equal(
            ("b", "41"), (
            Assert.Single(bench.Stored("../other")).Metadata["exec_name"], Assert.Single(bench.Stored("../other")).Metadata["host_cid"]));
    }

    [Fact]
    public async Task A_vm_that_runs_is_known_by_the_table_too()
    {
        await using var bench = CrashBench.Start();
        bench.Vms.Started(new KnownVm(VmId.Parse(CrashBench.Owner, "dev"), new Cid(40)));

        await bench.SendAsync(40, CrashBench.Report());

        Assert.Single(bench.Stored("dev"));
    }

    [Fact]
    public async Task A_guest_of_no_known_vm_is_told_to_keep_its_report()
    {
        await using var bench = CrashBench.Start();

        Assert.Equal(StatusCode.Unavailable, await bench.RefusedAsync(40, CrashBench.Report()));

        Assert.Empty(bench.Files);
        Assert.Equal(1, bench.Status.IgnoredReports);
    }

    [Fact]
    public async Task Without_consent_guests_are_told_so_and_nothing_is_written()
    {
        await using var bench = CrashBench.Start().Run("dev", 40);
        Assert.True((await bench.Guest(40).CheckMetricsConsentAsync(new EmptyMessage(), CrashBench.Soon())).ConsentGranted);
        bench.Consent.Set(false);

        var answer = await bench.Guest(40).CheckMetricsConsentAsync(new EmptyMessage(), CrashBench.Soon());
        var status = await bench.RefusedAsync(40, CrashBench.Report());
        await bench.Guest(40).SendFailureReportAsync(new FailureReport { FailedProcess = "vshd" }, CrashBench.Soon());

        Assert.False(answer.ConsentGranted);
        Assert.Equal(StatusCode.PermissionDenied, status);
        Assert.Empty(bench.Files);
        Assert.Empty(bench.Told);
        Assert.Empty(bench.Log.Lines);
        Assert.Equal(2, bench.Status.ReportsWithoutConsent);
    }

    [Theory]
    [InlineData("../../../etc/passwd", ".._.._.._etc_passwd")]
    [InlineData("a\0b", "a_b")]
    [InlineData("a=b\nc", "a_b_c")]
    [InlineData("ключ", "____")]
    public async Task A_key_is_plain_characters(string sent, string kept)
    {
        await using var bench = CrashBench.Start().Run("dev", 40);

        await bench.SendAsync(40, CrashBench.Report(4, (sent, "value")));

        Assert.Equal("value", Assert.Single(bench.Stored("dev")).Metadata[kept]);
    }

    [Theory]
    [InlineData("two\nlines", "two\\nlines")]
    [InlineData("bell\a and \u001b[31mred", "bell#007 and #033[31mred")]
    [InlineData("nul\0", "nul#000")]
    public async Task A_value_is_one_line_that_does_nothing_to_a_terminal(string sent, string kept)
    {
        await using var bench = CrashBench.Start().Run("dev", 40);

        await bench.SendAsync(40, CrashBench.Report(4, ("exec_name", sent)));

        Assert.Equal(kept, Assert.Single(bench.Stored("dev")).Metadata["exec_name"]);
    }

    [Fact]
    public async Task Long_and_many_texts_are_cut_and_the_report_is_kept()
    {
        await using var bench = CrashBench.Start().Run("dev", 40);
        var report = CrashBench.Report(4, ("exec_name", new string('x', 100_000)), (new string('k', 4096), "v"));
        for (var number = 0; number < 1000; number++)
        {
            report.Metadata[$"more{number}"] = "v";
        }

        report.ProcessTree = new string('t', 200_000);
        await bench.SendAsync(40, report);

        var stored = Assert.Single(bench.Stored("dev"));
        Assert.Equal(4096, stored.Metadata.Executable.Length);
        Assert.Equal("v", stored.Metadata[new string('k', 64)]);
        Assert.Equal(64 + 4 + 3, stored.Metadata.Fields.Count);
        Assert.Equal(128 << 10, new FileInfo(stored.Tree).Length);
    }

    [Theory]
    [InlineData("payload")]
    [InlineData("upload_file_process_tree")]
    [InlineData("upload_var_lsb-release")]
    [InlineData("host_kind")]
    [InlineData("host_anything")]
    public async Task What_the_host_says_is_not_the_guests_to_say(string key)
    {
        await using var bench = CrashBench.Start().Run("dev", 40);

        await bench.SendAsync(40, CrashBench.Report(4, (key, "forged")));

        Assert.DoesNotContain(
            "forged", await File.ReadAllTextAsync(Assert.Single(bench.Stored("dev")).Meta, Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_minidump_above_the_limit_is_refused_and_at_the_limit_kept()
    {
        await using var bench = CrashBench.Start().Run("dev", 40);

        Assert.Equal(StatusCode.InvalidArgument, await bench.RefusedAsync(40, CrashBench.Report((1 << 20) + 1)));
        Assert.Empty(bench.Files);
        await bench.SendAsync(40, CrashBench.Report(1 << 20));

        Assert.Equal(1 << 20, new FileInfo(Assert.Single(bench.Stored("dev")).Dump).Length);
        Assert.Equal(1, bench.Status.RefusedReports);
    }

    [Fact]
    public async Task A_report_of_a_hundred_mebibytes_is_not_read()
    {
        await using var bench = CrashBench.Start().Run("dev", 40);

        Assert.Equal(StatusCode.ResourceExhausted, await bench.RefusedAsync(40, CrashBench.Report(100 << 20)));

        Assert.Empty(bench.Files);
    }

    [Fact]
    public async Task A_flood_of_reports_is_the_share_of_a_vm_and_few_lines_and_another_vm_has_its_own()
    {
        await using var bench = CrashBench.Start().Run("dev", 40).Run("other", 41);
        var connections = bench.Limits.ConnectionsPerPeer;

        var refused = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => FloodAsync(bench, 10_000 / connections)));

        await bench.SendAsync(41, CrashBench.Report());
        Assert.Equal((9980, 20, 1), (refused.Sum(), bench.Stored("dev").Count, bench.Stored("other").Count));
        Assert.Equal(9980, bench.Status.ReportsOverRate);
        Assert.Single(bench.Log.Lines, line => line.Contains("its share", StringComparison.Ordinal));
    }

    /// <summary>Sends as many reports as that on a connection of its own; how many were over the share.</summary>
    private static async Task<int> FloodAsync(CrashBench bench, int reports)
    {
        await using var guest = await bench.RawGuestAsync(40);
        var message = RawHttp2.Framed(bench.Message);
        var refused = 0;
        for (var stream = 1u; stream < 2 * reports; stream += 2)
        {
            await guest.SendHeadersAsync(stream, bench.Call);
            await guest.SendDataAsync(stream, message);
            var answer = await guest.ReadAnswerAsync(stream, Cancel);
            refused += answer["grpc-status"] == $"{(int)StatusCode.ResourceExhausted}" ? 1 : 0;
        }

        return refused;
    }

    [Fact]
    public async Task The_share_grows_with_time_and_what_was_left_out_is_told()
    {
        await using var bench = CrashBench.Start(CrashSettings.Default with { ReportBurst = 1 }).Run("dev", 40);
        await bench.SendAsync(40, CrashBench.Report());
        await bench.RefusedAsync(40, CrashBench.Report());
        await bench.RefusedAsync(40, CrashBench.Report());

        bench.Clock.Advance(TimeSpan.FromMinutes(6));
        await bench.SendAsync(40, CrashBench.Report());
        await bench.RefusedAsync(40, CrashBench.Report());

        Assert.Equal(2, bench.Stored("dev").Count);
        Assert.Equal(
            "Warning: VM dev: a report was not kept: it has sent its share for now (and 1 more since this was last told)",
            bench.Log.Lines[^1]);
    }

    [Fact]
    public async Task Where_there_is_no_room_the_guest_keeps_the_report_and_its_share()
    {
        await using var bench = CrashBench.Start(CrashSettings.Default with { ReportBurst = 1 }).Run("dev", 40);
        await File.WriteAllTextAsync(bench.Directories.State, "in the way", Cancel);

        Assert.Equal(StatusCode.Unavailable, await bench.RefusedAsync(40, CrashBench.Report()));
        File.Delete(bench.Directories.State);
        await bench.SendAsync(40, CrashBench.Report());

        Assert.Single(bench.Stored("dev"));
        Assert.Equal(1, bench.Status.ReportsWithoutRoom);
    }

    [Fact]
    public async Task A_service_that_failed_is_a_small_entry()
    {
        await using var bench = CrashBench.Start().Run("dev", 40);

        await bench.Guest(40).SendFailureReportAsync(new FailureReport { FailedProcess = "vm_syslog" }, CrashBench.Soon());

        var stored = Assert.Single(bench.Stored("dev"));
        Assert.Equal("The service vm_syslog ended.", stored.Metadata.Sentence);
        Assert.Equal(stored.Meta, Assert.Single(bench.Files));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sshd")]
    [InlineData("vshd\n")]
    [InlineData("../vshd")]
    public async Task A_service_that_does_not_exist_is_refused(string name)
    {
        await using var bench = CrashBench.Start().Run("dev", 40);

        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await bench.Guest(40).SendFailureReportAsync(new FailureReport { FailedProcess = name }, CrashBench.Soon()));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Empty(bench.Files);
    }

    [Fact]
    public async Task Services_that_fail_while_their_vm_stops_are_nothing_to_keep()
    {
        await using var bench = CrashBench.Start();
        var vm = new KnownVm(VmId.Parse(CrashBench.Owner, "dev"), new Cid(40));
        bench.Vms.Started(vm);
        bench.Vms.Stopping(vm.Id);

        await bench.Guest(40).SendFailureReportAsync(new FailureReport { FailedProcess = "vshd" }, CrashBench.Soon());

        Assert.Empty(bench.Files);
    }

    [Fact]
    public async Task Failing_services_do_not_use_up_the_share_of_crashes()
    {
        await using var bench = CrashBench.Start(CrashSettings.Default with { ReportBurst = 1 }).Run("dev", 40);
        var guest = bench.Guest(40);

        await guest.SendFailureReportAsync(new FailureReport { FailedProcess = "vshd" }, CrashBench.Soon());
        await guest.SendFailureReportAsync(new FailureReport { FailedProcess = "vshd" }, CrashBench.Soon());
        await bench.SendAsync(40, CrashBench.Report());

        Assert.Equal(2, bench.Stored("dev").Count);
    }

    [Fact]
    public async Task A_process_tree_keeps_its_lines_and_tabs_and_nothing_else_that_steers()
    {
        await using var bench = CrashBench.Start().Run("dev", 40);
        var report = CrashBench.Report();
        report.ProcessTree = "### Process 1\nName:\tx\u001b[2J\r\n";

        await bench.SendAsync(40, report);

        Assert.Equal(
            "### Process 1\nName:\tx#033[2J#015\n", Encoding.UTF8.GetString(
            await File.ReadAllBytesAsync(Assert.Single(bench.Stored("dev")).Tree, Cancel)));
    }
}
