using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Daemon;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Daemon;

/// <summary>One instance per state directory, whatever runtime directory a caller comes with.</summary>
public sealed class InstanceClaimTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    [Fact]
    public async Task A_second_daemon_on_the_same_state_is_refused_and_told_of_the_first()
    {
        using var first = await ClaimAsync("one");

        var refused = await Assert.ThrowsAsync<VmToolsException>(() => ClaimAsync("two"));

        Assert.Equal(ErrorKind.AlreadyExists, refused.Kind);
        Assert.Contains($"(pid {Environment.ProcessId}, runtime directory {_root.File("one")})", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_waits_for_one_that_is_ending()
    {
        var first = await ClaimAsync("one");
        first.Leave();

        var second = ClaimAsync("two");
        await Task.Delay(1200, TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        first.Dispose();

        using var taken = await second;
        Assert.Equal(_root.File("two"), taken.Record.Runtime);
    }

    [Fact]
    public async Task A_login_with_another_runtime_directory_uses_that_of_the_daemon_that_runs()
    {
        using var running = await ClaimAsync("one");
        var notices = new List<string>();

        var found = RunningInstance.ForClient(InstanceAt("two"), notices.Add);

        Assert.Equal((_root.File("one"), "unix:path=/bus/of/one"), (found.Directories.Runtime, found.RunningBus));
        Assert.Empty(notices);
    }

    [Fact]
    public async Task A_runtime_directory_that_was_chosen_and_is_not_the_one_in_use_is_told()
    {
        using var running = await ClaimAsync("one");
        var notices = new List<string>();

        var found = RunningInstance.ForClient(Choosing(InstanceAt("two")), notices.Add);

        Assert.Equal(_root.File("one"), found.Directories.Runtime);
        var notice = Assert.Single(notices);
        Assert.Contains($"under {_root.File("one")} (vm_concierge, pid {Environment.ProcessId})", notice, StringComparison.Ordinal);
        Assert.Contains("vmc daemon stop", notice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vms_that_outlive_their_daemon_keep_their_runtime_directory_in_use()
    {
        await LeaveBehindAsync("one", pid: 1);
        Assert.Equal(_root.File("two"), RunningInstance.ForClient(InstanceAt("two"), Fail).Directories.Runtime);

        await LeaveBehindAsync("one", Environment.ProcessId);

        Assert.Equal(
            (_root.File("one"), null), (
            RunningInstance.ForClient(InstanceAt("two"), Fail).Directories.Runtime,
            RunningInstance.ForClient(InstanceAt("two"), Fail).RunningBus));
        Assert.Equal(_root.File("one"), RunningInstance.ForDaemon(InstanceAt("two")).Directories.Runtime);
        var refused = Assert.Throws<VmToolsException>(() => RunningInstance.ForDaemon(Choosing(InstanceAt("two"))));
        Assert.Contains("'demo'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(_root.File("one"), refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("""{"schema":1,"program":"vm_concierge","pid":7,"start_time":1,"boot_id":"b","runtime":null,"state":"/s","image":"/i","bus":"x","version":"1","started":"2030-01-01T00:00:00Z"}""")]
    [InlineData("""{"schema":1,"program":"vm_concierge","pid":7,"start_time":1,"boot_id":"b","runtime":"run","state":"/s","image":"/i","bus":"x","version":"1","started":"2030-01-01T00:00:00Z"}""")]
    public void A_record_that_is_none_is_none(string text)
    {
        Assert.Null(DaemonRecord.TryParse(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public async Task A_field_of_a_later_version_is_tolerated()
    {
        using var claim = await ClaimAsync("one");
        var known = Encoding.UTF8.GetString(claim.Record.ToJson());
        var text = known[..known.LastIndexOf('}')] + ", \"colour\": \"green\" }";

        Assert.Equal(claim.Record.Pid, DaemonRecord.TryParse(Encoding.UTF8.GetBytes(text))?.Pid);
    }

    public void Dispose() => _root.Dispose();

    private static void Fail(string notice) => Assert.Fail(notice);

    private static HostInstance Choosing(HostInstance instance) =>
        instance with { Environment = name => name == InstanceDirectories.RuntimeVariable ? instance.Directories.Runtime : null };

    private HostInstance InstanceAt(string runtime) =>
        new(1000, new InstanceDirectories(_root.File(runtime), _root.File("state"), _root.File("image")), "/bin",
            TimeProvider.System)
        { Environment = _ => null };

    private DaemonRecord RecordOf(string runtime) =>
        DaemonRecord.OfThisProcess(ConciergeBus.Program, InstanceAt(runtime), $"unix:path=/bus/of/{runtime}");

    private Task<InstanceClaim> ClaimAsync(string runtime) =>
        InstanceClaim.TakeAsync(InstanceAt(runtime), RecordOf(runtime), NullLogger.Instance);

    /// <summary>A daemon that has died, and a VM whose VMM has this pid.</summary>
    private async Task LeaveBehindAsync(string runtime, int pid)
    {
        (await ClaimAsync(runtime)).Dispose();
        (RecordOf(runtime) with { StartTime = 1 }).Write();
        var records = InstanceAt(runtime).Directories.Records;
        Directory.CreateDirectory(records);
        new VmRecords(records, Processes.BootId, NullLogger.Instance).Write(new VmRecord
        {
            Owner = "0123456789abcdef",
            Name = "demo",
            Cid = 40,
            BootId = Processes.BootId,
            IsRunning = true,
            Vmm = new ProcessRecord(pid, pid == Environment.ProcessId ? Processes.StartTimeOf(pid)!.Value : 12345678),
            ControlSocket = "/x",
        });
    }
}
