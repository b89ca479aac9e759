using VmTools.DBus;
using Xunit;

namespace VmTools.Unit.DBus;

public sealed class ConnectionEndTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Where_no_bus_listens_the_error_says_so()
    {
        var error = await Assert.ThrowsAsync<DBusException>(() => BusConnection.OpenAsync("unix:path=/nonexistent/bus", Cancel));

        Assert.Equal(BusErrors.NoServer, error.Name);
        Assert.Contains("/nonexistent/bus", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_bus_dies_everybody_who_waits_is_told()
    {
        var never = new ServedMethod("Never", "", "", async (_, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return BusBody.Empty;
        });
        await using var exchange = await Exchange.StartAsync(never);
        await using var subscription = await exchange.Client.SubscribeAsync(new MatchRule { Member = "Happened" }, Cancel);
        var call = exchange.CallAsync("Never", BusBody.Empty);

        await exchange.Bus.KillAsync();

        var cause = await exchange.Client.Closed.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        Assert.Equal(BusErrors.Disconnected, cause?.Name);
        await Assert.ThrowsAsync<DBusException>(() => call);
        await Assert.ThrowsAsync<DBusException>(async () => await subscription.ReadAllAsync(Cancel).ToListAsync(Cancel));
        var late = await Assert.ThrowsAsync<DBusException>(() => exchange.CallAsync("Never", BusBody.Empty));
        Assert.Equal(BusErrors.Disconnected, late.Name);
    }

    [Fact]
    public async Task Disposing_cancels_handlers_and_their_callers_get_an_answer()
    {
        var entered = new TaskCompletionSource();
        var never = new ServedMethod("Never", "", "", async (_, cancel) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, cancel);
            return BusBody.Empty;
        });
        await using var exchange = await Exchange.StartAsync(never);
        var call = exchange.CallAsync("Never", BusBody.Empty);
        await entered.Task;

        await exchange.Server.DisposeAsync();

        var error = await Assert.ThrowsAsync<DBusException>(() => call);
        Assert.Equal(BusErrors.Failed, error.Name);
        Assert.Null(await exchange.Server.Closed);
    }
}
