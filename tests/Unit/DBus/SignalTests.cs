using VmTools.DBus;
using VmTools.Linux.Loop;
using Xunit;

namespace VmTools.Unit.DBus;

public sealed class SignalTests
{
    private static readonly MatchRule Happened = new() { Sender = Exchange.Name, Interface = Exchange.Name, Member = "Happened" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Signals_arrive_in_order_with_their_arguments()
    {
        await using var exchange = await Exchange.StartAsync();
        await using var subscription = await exchange.Client.SubscribeAsync(Happened, Cancel);

        for (byte number = 0; number < 100; number++)
        {
            exchange.Server.EmitSignal(Exchange.Path, Exchange.Name, "Happened", BusBody.Of(new[] { number }));
        }

        for (byte number = 0; number < 100; number++)
        {
            var signal = await subscription.ReadAsync(Cancel);
            Assert.Equal((Exchange.Path, "Happened", number), (signal.Path, signal.Member, signal.Body.Bytes(0).Span[0]));
        }
    }

    [Fact]
    public async Task A_signal_sent_before_the_answer_arrives_before_the_answer()
    {
        BusConnection? server = null;
        var announce = new ServedMethod("Announce", "", "", (_, _) =>
        {
            server!.EmitSignal(Exchange.Path, Exchange.Name, "Happened", BusBody.Of(new byte[1]));
            return Task.FromResult(BusBody.Empty);
        });
        await using var exchange = await Exchange.StartAsync(announce);
        server = exchange.Server;
        await using var subscription = await exchange.Client.SubscribeAsync(Happened, Cancel);

        using var answer = await exchange.CallAsync("Announce", BusBody.Empty);

        Assert.True(subscription.TryRead(out _));
    }

    /// <summary>The bus allows a connection 512 rules, and counts equal ones.</summary>
    [Fact]
    public async Task A_refused_subscription_does_not_take_another_ones_rule_along()
    {
        await using var exchange = await Exchange.StartAsync();
        await using var subscription = await exchange.Client.SubscribeAsync(Happened, Cancel);
        var others = new List<BusSubscription>();
        var refused = await Assert.ThrowsAsync<DBusException>(async () =>
        {
            while (true)
            {
                others.Add(await exchange.Client.SubscribeAsync(Happened with { FirstArgument = $"other {others.Count}" }, Cancel));
            }
        });
        await Assert.ThrowsAsync<DBusException>(() => exchange.Client.SubscribeAsync(Happened, Cancel));

        exchange.Server.EmitSignal(Exchange.Path, Exchange.Name, "Happened", BusBody.Of(new byte[1]));

        Assert.Equal(BusErrors.LimitsExceeded, refused.Name);
        Assert.Equal(1, (await subscription.ReadAsync(Cancel)).Body.Bytes(0).Length);
        foreach (var other in others)
        {
            await other.DisposeAsync();
        }
    }

    [Fact]
    public async Task Only_signals_that_fit_the_rule_are_delivered()
    {
        await using var exchange = await Exchange.StartAsync();
        await using var subscription = await exchange.Client.SubscribeAsync(Happened with { FirstArgument = "this one" }, Cancel);

        exchange.Server.EmitSignal(Exchange.Path, Exchange.Name, "Happened", BusBody.Of("other"));
        exchange.Server.EmitSignal(Exchange.Path, Exchange.Name, "Happened", BusBody.Of("this one"));

        Assert.Equal("this one", (await subscription.ReadAsync(Cancel)).Body.Text(0));
    }

    [Fact]
    public async Task A_reader_that_falls_behind_is_cut_off_with_the_reason()
    {
        await using var exchange = await Exchange.StartAsync(new ServedMethod("Sync", "", "", (_, _) => Task.FromResult(BusBody.Empty)));
        await using var subscription = await exchange.Client.SubscribeAsync(Happened, Cancel);

        for (var number = 0; number <= BusSubscription.Capacity; number++)
        {
            exchange.Server.EmitSignal(Exchange.Path, Exchange.Name, "Happened", BusBody.Of(new byte[1]));
        }

        using var answer = await exchange.CallAsync("Sync", BusBody.Empty);
        var read = 0;
        var error = await Assert.ThrowsAsync<DBusException>(async () =>
        {
            await foreach (var _ in subscription.ReadAllAsync(Cancel))
            {
                read++;
            }
        });
        Assert.Equal(BusErrors.LimitsExceeded, error.Name);
        Assert.Equal(BusSubscription.Capacity, read);
    }

    [Fact]
    public async Task Each_subscription_that_fits_gets_the_signal_and_its_own_descriptors()
    {
        await using var exchange = await Exchange.StartAsync();
        await using var one = await exchange.Client.SubscribeAsync(Happened, Cancel);
        var two = await exchange.Client.SubscribeAsync(Happened, Cancel);
        using var counter = new EventFd();

        exchange.Server.EmitSignal(Exchange.Path, Exchange.Name, "Happened", new BusBody().Add(counter.Handle.Duplicate()));
        using var first = (await one.ReadAsync(Cancel)).Body;
        using var second = (await two.ReadAsync(Cancel)).Body;
        await two.DisposeAsync();
        exchange.Server.EmitSignal(Exchange.Path, Exchange.Name, "Happened", BusBody.Of("still"));

        Assert.NotEqual(first.Fds(0)[0].DangerousGetHandle(), second.Fds(0)[0].DangerousGetHandle());
        Assert.Equal("still", (await one.ReadAsync(Cancel)).Body.Text(0));
    }

    [Fact]
    public async Task Reading_ends_when_the_subscription_is_disposed()
    {
        await using var exchange = await Exchange.StartAsync();
        var subscription = await exchange.Client.SubscribeAsync(Happened, Cancel);

        await subscription.DisposeAsync();

        Assert.Empty(await subscription.ReadAllAsync(Cancel).ToListAsync(Cancel));
    }
}
