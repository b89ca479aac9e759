using System.Buffers.Binary;
using VmTools.Host.Cicerone;
using VmTools.Host.CrashStore;
using VmTools.Protocol.Grpc;
using VmTools.Unit.DBus;
using VmTools.Unit.Host.Hostile;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Api;

/// <summary>
/// A guest that does everything to the crash listener but report a crash. While it holds what it could get, another VM's reports are
/// stored, little memory is held for it, and the daemon does not fill its own log.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class HostileGuestTests
{
    private const int FloodFrames = 5_000;

    [Fact]
    public async Task Rubbish_on_many_connections_is_closed()
    {
        await using var guest = Start();

        await guest.SendRubbishAsync(connections: 200);

        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Many_that_begin_and_never_go_on_are_not_waited_for()
    {
        await using var guest = Start(Impatient);

        await guest.BeginAsync(connections: 64);

        await guest.OthersAreServedAsync();
        await guest.AllAreClosedAsync();
    }

    [Fact]
    public async Task A_flood_of_connections_gets_its_few_and_no_more()
    {
        await using var guest = Start();

        await guest.FloodConnectionsAsync(2000);

        await guest.OthersAreServedAsync();
    }

    [Theory]
    [MemberData(nameof(HostileGuest.Floods), MemberType = typeof(HostileGuest))]
    public async Task A_flood_of_frames_costs_the_guest_that_sends_it(string kind)
    {
        await using var guest = Start();

        await guest.FloodAllAsync(kind, FloodFrames);

        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Headers_of_a_mebibyte_end_the_connection()
    {
        await using var guest = Start();

        await guest.SendHugeHeadersAsync();

        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Headers_that_unfold_to_mebibytes_end_the_connection()
    {
        await using var guest = Start();

        await guest.SendUnfoldingHeadersAsync();

        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task A_guest_that_never_reads_its_answers_holds_little()
    {
        await using var guest = Start();

        await guest.NeverReadAsync(window: 0);

        await guest.OthersAreServedAsync();
        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Reports_of_full_length_that_never_end_hold_little()
    {
        var bench = CrashBench.Start().Run("dev", 40).Run("other", 41);
        await using var guest = new HostileGuest(bench);
        var length = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(length.AsSpan(1), bench.Limits.MessageBytes);
        for (var connection = 0; connection < bench.Limits.ConnectionsPerPeer; connection++)
        {
            var raw = await guest.HoldAsync(withPreface: true);
            for (var stream = 1u; stream < 2 * bench.Limits.StreamsPerConnection; stream += 2)
            {
                await raw.SendHeadersAsync(stream, bench.Call);
                await raw.SendDataAsync(stream, [.. length, .. new byte[16_000]], isLast: false);
            }
        }

        await guest.OthersAreServedAsync();
    }

    [Theory]
    [InlineData(new byte[] { 0, 255, 255, 255, 255 }, "8")]
    [InlineData(new byte[] { 1, 0, 0, 0, 4, 1, 2, 3, 4 }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 3, 0x0a, 0x7f, 0x2a }, "13")]
    public async Task Messages_that_lie_about_themselves_get_a_status(byte[] body, string status)
    {
        var bench = CrashBench.Start().Run("dev", 40).Run("other", 41);
        await using var guest = new HostileGuest(bench);

        Assert.Equal(status, await guest.StatusOfAsync(bench.Call, body));

        await guest.OthersAreServedAsync();
        Assert.Empty(bench.Stored("dev"));
    }

    private static HostileGuest Start(Func<GrpcServerOptions, GrpcServerOptions>? change = null) =>
        new(CrashBench.Start(change: change).Run("dev", 40).Run("other", 41));

    private static GrpcServerOptions Impatient(GrpcServerOptions options) =>
        options with { Limits = CiceroneComposition.LimitsFor(CrashLimits.Default) with { Headers = TimeSpan.FromMilliseconds(200) } };
}
