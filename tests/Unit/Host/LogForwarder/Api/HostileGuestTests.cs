using Grpc.Core;
using VmTools.Host.LogForwarder;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Unit.DBus;
using VmTools.Unit.Host.Hostile;
using Xunit;
using static VmTools.Unit.Host.Hostile.HostileGuest;

namespace VmTools.Unit.Host.LogForwarder.Api;

/// <summary>
/// A guest that does everything to the log collector but log. While it holds what it could get, another VM's records are taken, little
/// memory is held for it, and the daemon does not fill its own log.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class HostileGuestTests
{
    private const int FloodFrames = 20_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rubbish_on_many_connections_is_closed()
    {
        await using var guest = new HostileGuest(await ServedCollector.StartAsync());

        await guest.SendRubbishAsync(connections: 200);

        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Many_that_begin_and_never_go_on_are_not_waited_for()
    {
        await using var guest = new HostileGuest(await ServedCollector.StartAsync(Impatient));

        await guest.BeginAsync(connections: 64);

        await guest.OthersAreServedAsync();
        await guest.AllAreClosedAsync();
    }

    [Fact]
    public async Task Headers_that_never_end_are_not_waited_for()
    {
        await using var guest = new HostileGuest(await ServedCollector.StartAsync(Impatient));
        var raw = await guest.HoldAsync(withPreface: true);

        await raw.SendAsync(Http2FrameType.Headers, Http2FrameFlags.None, 1, [0x83]);

        await guest.AllAreClosedAsync();
        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task A_flood_of_connections_gets_its_few_and_no_more()
    {
        await using var guest = new HostileGuest(await ServedCollector.StartAsync());

        await guest.FloodConnectionsAsync(2000);

        await guest.OthersAreServedAsync();
    }

    [Theory]
    [MemberData(nameof(Floods), MemberType = typeof(HostileGuest))]
    public async Task A_flood_of_frames_costs_the_guest_that_sends_it(string kind)
    {
        await using var guest = new HostileGuest(await ServedCollector.StartAsync());

        await guest.FloodAllAsync(kind, FloodFrames);

        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Headers_of_a_mebibyte_end_the_connection()
    {
        await using var guest = new HostileGuest(await ServedCollector.StartAsync());

        await guest.SendHugeHeadersAsync();

        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Headers_that_unfold_to_mebibytes_end_the_connection()
    {
        await using var guest = new HostileGuest(await ServedCollector.StartAsync());

        await guest.SendUnfoldingHeadersAsync();

        await guest.OthersAreServedAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65535)]
    public async Task A_guest_that_never_reads_its_answers_holds_little(int window)
    {
        await using var guest = new HostileGuest(await ServedCollector.StartAsync());

        await guest.NeverReadAsync(window);

        for (var i = 0; i < 5; i++)
        {
            await guest.OthersAreServedAsync();
        }
    }

    [Fact]
    public async Task A_guest_that_logs_as_fast_as_it_can_is_slowed_down_and_nobody_else()
    {
        var served = await ServedCollector.StartAsync();
        await using var guest = new HostileGuest(served);
        var request = ServedCollector.Request([.. Enumerable.Range(0, 500).Select(number => $"record {number} {new string('x', 50)}")]);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task[] floods = [.. Enumerable.Range(0, 4).Select(_ => Unless(
            failure => failure is RpcException { StatusCode: StatusCode.Cancelled }, () =>
                LogWithoutEndAsync(served, request, enough.Token)))];
        await Waiting.UntilAsync(() => served.Counters.Read().DroppedRecords > 0);

        for (var i = 0; i < 5; i++)
        {
            await guest.OthersAreServedAsync();
        }

        await enough.CancelAsync();
        await Task.WhenAll(floods);
    }

    private static GrpcServerOptions Impatient(GrpcServerOptions options) =>
        options with { Limits = LogForwarderDaemon.Limits with { Headers = TimeSpan.FromMilliseconds(200) } };

    private static async Task LogWithoutEndAsync(ServedCollector served, LogRequest request, CancellationToken enough)
    {
        var client = served.Guest(ServedCollector.Hostile);
        while (!enough.IsCancellationRequested)
        {
            await client.CollectUserLogsAsync(request, cancellationToken: enough);
        }
    }
}
