using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Packets;
using Xunit;

namespace VmTools.Unit.Virtio.Vsock.Connections;

/// <summary>The tables of a connection and of its two ways, written once more: what a table does not have cannot happen.</summary>
public sealed class ConnectionStateTests
{
    private const string Impossible = "-";

    [Theory]
    [InlineData(GuestBoundState.Idle, "Readable - - - - Refused")]
    [InlineData(GuestBoundState.Readable, "Readable Idle CreditBlocked - Ended Refused")]
    [InlineData(GuestBoundState.CreditBlocked, "CreditBlocked - - Readable - Refused")]
    [InlineData(GuestBoundState.Ended, "Ended - - - - Ended")]
    [InlineData(GuestBoundState.Refused, "Refused - - - - Refused")]
    internal void The_way_to_the_guest_follows_its_table(GuestBoundState state, string row) =>
        Follows(row, Enum.GetValues<GuestBoundEvent>(), what => GuestBoundHalf.Next(state, what));

    [Theory]
    [InlineData(HostBoundState.Flowing, "Flowing Blocked ShutSent Dead")]
    [InlineData(HostBoundState.Blocked, "Flowing Blocked - Dead")]
    [InlineData(HostBoundState.ShutSent, "- - - Dead")]
    [InlineData(HostBoundState.Dead, "- - - Dead")]
    internal void The_way_to_the_host_program_follows_its_table(HostBoundState state, string row) =>
        Follows(row, Enum.GetValues<HostBoundEvent>(), what => HostBoundHalf.Next(state, what));

    [Theory]
    [InlineData(ConnectionState.RequestOwed, "RequestSent Resetting Gone")]
    [InlineData(ConnectionState.RequestSent, "Open Resetting Gone")]
    [InlineData(ConnectionState.ResponseOwed, "Open Resetting Gone")]
    [InlineData(ConnectionState.Open, "Draining Closing Resetting Gone")]
    [InlineData(ConnectionState.Draining, "Abandoned Resetting Gone")]
    [InlineData(ConnectionState.Abandoned, "Gone")]
    [InlineData(ConnectionState.Closing, "Resetting Gone")]
    [InlineData(ConnectionState.Resetting, "Gone")]
    [InlineData(ConnectionState.Gone, "")]
    internal void A_connection_goes_only_where_its_table_leads(ConnectionState from, string to) =>
        Assert.Equal(to, string.Join(' ', Enum.GetValues<ConnectionState>().Where(next => from.MayBecome(next))));

    [Fact]
    public void A_connection_that_is_gone_stays_so()
    {
        var bench = new Bench();
        var (connection, _) = bench.OpenFromGuest();
        bench.Send(Bench.Packet(VsockOperation.Reset));

        var error = Assert.Throws<InvalidOperationException>(() => connection.Enter(ConnectionState.Open));

        Assert.Equal("A connection that is Gone cannot become Open.", error.Message);
    }

    private static void Follows<TEvent, TState>(string row, TEvent[] events, Func<TEvent, TState> next) =>
        Assert.Equal(row, string.Join(' ', events.Select(what => After(() => next(what)))));

    private static string After<TState>(Func<TState> next)
    {
        try
        {
            return $"{next()}";
        }
        catch (InvalidOperationException)
        {
            return Impossible;
        }
    }
}
