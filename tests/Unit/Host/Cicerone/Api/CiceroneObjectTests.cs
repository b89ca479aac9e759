using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Api;
using VmTools.Host.Cicerone.Crashes;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Concierge.Siblings;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.CrashStore;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Unit.DBus;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Api;

/// <summary>The daemon's object on a real bus, told of VMs by vm_concierge's own news.</summary>
public sealed class CiceroneObjectTests : IAsyncLifetime
{
    private const string Owner = "0123456789abcdef";

    private static readonly VmSnapshot Running = new(VmId.Parse(Owner, "dev"), VmState.Running, VmType.Baguette)
    {
        Cid = new Cid(40),
        VmmPid = 4711
    };

    private readonly VmTable _vms = new();
    private readonly CiceroneCounters _counters = new();
    private TestBus? _bus;
    private BusConnection? _server;
    private BusConnection? _client;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bus = await TestBus.StartAsync();
        _server = await _bus.ConnectAsync();
        _client = await _bus.ConnectAsync();
        await _server.ServeAsync(
            new CiceroneObject(
                [new VmMethods(new NotifyVms(_vms, NullLogger.Instance))],
                () => _counters.Read(_vms.Count),
                TestBus.OwnUid,
                NullLogger.Instance).Build());
        await _server.RequestNameAsync(CiceroneBus.Name, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in new IAsyncDisposable?[] { _client, _server, _bus })
        {
            await (part?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    [Fact]
    public async Task The_news_of_concierge_is_the_table_of_cicerone()
    {
        await using (var news = NewNews())
        {
            news.StartingUp(Running with { State = VmState.Starting });
            news.Started(Running);
        }

        Assert.Equal(new KnownVm(Running.Id, new Cid(40)) { Type = VmType.Baguette }, _vms.Find(new Cid(40)));
        await using (var news = NewNews())
        {
            news.Stopping(Running);
        }

        Assert.True(_vms.Find(new Cid(40))!.IsStopping);
        await using (var news = NewNews())
        {
            news.Stopped(Running, VmStopReason.StopVmRequested);
        }

        Assert.Equal(0, _vms.Count);
    }

    [Fact]
    public async Task News_for_a_cicerone_that_does_not_run_holds_nobody_up()
    {
        await _server!.DisposeAsync();
        var news = NewNews();

        news.Started(Running);
        await news.DisposeAsync();

        Assert.Equal(0, _vms.Count);
    }

    [Fact]
    public async Task A_vm_that_is_not_known_may_end_and_the_answer_is_the_empty_message()
    {
        using var answer = await CallAsync(
            "NotifyVmStopped", BusBody.Of(new NotifyVmStoppedRequest { OwnerId = Owner, VmName = "nobody" }.ToByteArray()));

        Assert.True(answer.Bytes(0).IsEmpty);
    }

    [Theory]
    [InlineData("xyz", "dev")]
    [InlineData(Owner, "")]
    public async Task A_bad_owner_or_name_is_an_invalid_argument(string owner, string name)
    {
        var refused = await Assert.ThrowsAsync<DBusException>(() =>
            CallAsync("NotifyVmStarted", BusBody.Of(
                new NotifyVmStartedRequest { OwnerId = owner, VmName = name, Cid = 40 }.ToByteArray())));

        Assert.Equal(BusErrors.InvalidArgs, refused.Name);
        Assert.Equal(0, _vms.Count);
    }

    [Fact]
    public async Task What_is_no_message_is_an_invalid_argument() =>
        Assert.Equal(
            BusErrors.InvalidArgs,
            (await Assert.ThrowsAsync<DBusException>(() => CallAsync("NotifyVmStarted", BusBody.Of(new byte[] { 0xff })))).Name);

    [Fact]
    public async Task The_counters_are_told_as_json()
    {
        _vms.Started(new KnownVm(Running.Id, new Cid(40)));
        _counters.Count(new TakeResult(TakeOutcome.OverRate, Running.Id));

        using var answer = await _client!.CallAsync(
            new BusCall(CiceroneBus.Name, CiceroneBus.Path, CiceroneBus.OwnInterface, "Status"), Cancel);

        Assert.StartsWith("""{"vms":1,"stored_reports":0,""", answer.Text(0), StringComparison.Ordinal);
        Assert.Contains("\"reports_over_rate\":1", answer.Text(0), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stored_report_is_a_signal()
    {
        await using var signals = await _client!.SubscribeAsync(new MatchRule { Interface = CiceroneBus.OwnInterface }, Cancel);
        var id = CrashId.Of(new DateTimeOffset(2026, 11, 28, 1, 2, 3, TimeSpan.Zero), 0xabc);
        var report = new StoredReport(Running.Id, id, new CrashDirectory("/none"))
        {
            Metadata = new CrashMetadata(new Dictionary<string, string> { ["exec_name"] = "sleep", ["sig"] = "6" }),
            Bytes = 1,
        };

        new CrashSignals(_server!).Send(report);

        var signal = await signals.ReadAsync(Cancel);
        Assert.Equal("CrashReported", signal.Member);
        Assert.Equal(
            [Owner, "dev", "20261128T010203-00000abc", "sleep", "sleep died of SIGABRT."],
            Enumerable.Range(0, 5).Select(signal.Body.Text));
    }

    [Fact]
    public void Callers_of_another_user_are_turned_away()
    {
        var served = new CiceroneObject([], () => _counters.Read(0), 4242, NullLogger.Instance).Build();

        Assert.True(served.Admits(new BusCaller(":1.1", 4242)));
        Assert.True(served.Admits(new BusCaller(":1.1", 0)));
        Assert.False(served.Admits(new BusCaller(":1.1", 4243)));
    }

    private CiceroneNotifier NewNews() => new(_client!, TimeProvider.System, NullLogger.Instance);

    private Task<BusBody> CallAsync(string member, BusBody body) =>
        _client!.CallAsync(new BusCall(CiceroneBus.Name, CiceroneBus.Path, CiceroneBus.Interface, member) { Body = body }, Cancel);
}
