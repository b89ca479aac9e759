using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
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

    [Theory]
    [InlineData("büs-")]
    [InlineData("b%s, ;-")]
    public async Task A_bus_is_found_whatever_its_directory_is_called(string name)
    {
        await using var bus = await TestBus.StartAsync(name);

        await using var connection = await bus.ConnectAsync();

        Assert.False(await connection.Names.HasOwnerAsync("org.vmtools.Name", Cancel));
    }

    [Fact]
    public async Task A_program_that_hangs_up_in_the_greeting_is_no_bus()
    {
        using var listener = Listen(out var address);
        var opening = BusConnection.OpenAsync(address, Cancel);

        (await listener.AcceptAsync(Cancel)).Dispose();

        Assert.Equal(BusErrors.NoServer, (await Assert.ThrowsAsync<DBusException>(() => opening)).Name);
    }

    [Fact]
    public async Task A_program_that_does_not_greet_is_waited_for_ten_seconds()
    {
        using var listener = Listen(out var address);
        var clock = new FakeTimeProvider();
        var opening = BusConnection.OpenAsync(address, clock, Cancel);
        using var silent = await listener.AcceptAsync(Cancel);

        clock.Advance(TimeSpan.FromSeconds(9));
        Assert.False(opening.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(BusErrors.NoServer, (await Assert.ThrowsAsync<DBusException>(() => opening)).Name);
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
    public async Task A_handler_that_does_not_end_does_not_hide_that_the_bus_died()
    {
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource<BusBody>();
        await using var exchange = await Exchange.StartAsync(new ServedMethod("Stuck", "", "", (_, _) =>
        {
            entered.SetResult();
            return release.Task;
        }));
        var call = exchange.CallAsync("Stuck", BusBody.Empty);
        await entered.Task;

        await exchange.Bus.KillAsync();

        Assert.Equal(BusErrors.Disconnected, (await exchange.Server.Closed.WaitAsync(TimeSpan.FromSeconds(10), Cancel))?.Name);
        release.SetResult(BusBody.Empty);
        await Assert.ThrowsAsync<DBusException>(() => call);
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

    private static Socket Listen(out string address)
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        address = BusAddress.ForSocket(path);
        return listener;
    }
}
