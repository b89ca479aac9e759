using VmTools.DBus;
using Xunit;

namespace VmTools.Unit.DBus;

/// <summary>What a peer may send without a call.</summary>
public sealed class HostilePeerTests
{
    private const string Driver = "org.freedesktop.DBus";
    private const string DriverPath = "/org/freedesktop/DBus";

    private static readonly ServedMethod Ping = new("Ping", "", "", (_, _) => Task.FromResult(BusBody.Empty));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_peer_that_speaks_as_the_bus_is_not_believed()
    {
        const string Name = "org.vmtools.Name";
        await using var bus = await TestBus.StartAsync();
        await using var watcher = await bus.ConnectAsync();
        await using var watch = await watcher.Names.WatchAsync(Name, Cancel);
        using var peer = await RawPeer.ConnectAsync(bus);
        await using var owner = await bus.ConnectAsync();

        await peer.SignalAsync(watcher.UniqueName, DriverPath, Driver, "NameOwnerChanged", Name, "", ":1.99");
        await owner.RequestNameAsync(Name, Cancel);

        Assert.Equal(new NameOwnerChange(Name, null, owner.UniqueName), BusNames.ChangeIn(await watch.ReadAsync(Cancel)));
    }

    [Theory]
    [InlineData("NameAcquired")]
    [InlineData("NameLost")]
    [InlineData("NameOwnerChanged")]
    public async Task A_signal_of_the_bus_without_its_arguments_leaves_the_connection_alone(string member)
    {
        await using var exchange = await Exchange.StartAsync(Ping);
        using var peer = await RawPeer.ConnectAsync(exchange.Bus);

        await peer.SignalAsync(exchange.Server.UniqueName, DriverPath, Driver, member);

        using var answer = await exchange.CallAsync("Ping", BusBody.Empty);
        Assert.False(exchange.Server.Closed.IsCompleted);
    }

    [Fact]
    public async Task A_signal_that_a_stranger_addresses_to_us_is_not_taken_for_the_services()
    {
        await using var exchange = await Exchange.StartAsync();
        await using var subscription = await exchange.Client.SubscribeAsync(
            new MatchRule { Sender = Exchange.Name, Interface = Exchange.Name, Member = "Happened" }, Cancel);
        using var peer = await RawPeer.ConnectAsync(exchange.Bus);

        await peer.SignalAsync(exchange.Client.UniqueName, Exchange.Path, Exchange.Name, "Happened", "forged");
        exchange.Server.EmitSignal(Exchange.Path, Exchange.Name, "Happened", BusBody.Of("real"));

        Assert.Equal("real", (await subscription.ReadAsync(Cancel)).Body.Text(0));
    }
}
