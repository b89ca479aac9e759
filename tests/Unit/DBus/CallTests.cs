using VmTools.DBus;
using VmTools.Linux.Loop;
using Xunit;

namespace VmTools.Unit.DBus;

public sealed class CallTests
{
    private static readonly ServedMethod Echo = new("Echo", "ay", "ay", (request, _) => Task.FromResult(BusBody.Of(request.Body.Bytes(0))));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_537)]
    [InlineData(1 << 20)]
    public async Task Bytes_come_back_as_they_were_sent(int length)
    {
        await using var exchange = await Exchange.StartAsync(Echo);
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);

        using var answer = await exchange.CallAsync("Echo", BusBody.Of(bytes));

        Assert.Equal(bytes, answer.Bytes(0).ToArray());
    }

    [Fact]
    public async Task Every_kind_of_argument_comes_back_as_it_was_sent()
    {
        var all = new ServedMethod("All", "suitbas", "suitbas", (request, _) => Task.FromResult(new BusBody()
            .Add(request.Body.Text(0)).Add(request.Body.Number(1)).Add(request.Body.SignedNumber(2)).Add(request.Body.LongNumber(3))
            .Add(request.Body.Flag(4)).Add(request.Body.Texts(5))));
        await using var exchange = await Exchange.StartAsync(all);

        using var answer = await exchange.CallAsync("All", new BusBody()
            .Add("grüße").Add(uint.MaxValue).Add(-5).Add(ulong.MaxValue).Add(true).Add(["one", "", "three"]));

        Assert.Equal("grüße", answer.Text(0));
        Assert.Equal(uint.MaxValue, answer.Number(1));
        Assert.Equal(-5, answer.SignedNumber(2));
        Assert.Equal(ulong.MaxValue, answer.LongNumber(3));
        Assert.True(answer.Flag(4));
        Assert.Equal(["one", "", "three"], answer.Texts(5));
    }

    [Fact]
    public async Task Descriptors_travel_both_ways_and_refer_to_the_same_files()
    {
        var swap = new ServedMethod("Swap", "ayah", "h", (request, _) => Task.FromResult(new BusBody().Add(request.Body.TakeFds(1)[1])));
        await using var exchange = await Exchange.StartAsync(swap);
        using var first = new EventFd();
        using var second = new EventFd();
        using var sent = BusBody.Of(Array.Empty<byte>()).Add([first.Handle.Duplicate(), second.Handle.Duplicate()]);

        using var answer = await exchange.CallAsync("Swap", sent);
        using var returned = EventFd.From(Assert.Single(answer.TakeFds(0)));
        returned.Signal();

        Assert.True(second.TryConsume(out _));
        Assert.False(first.TryConsume(out _));
    }

    [Fact]
    public async Task A_fast_call_is_answered_while_a_slow_one_is_being_handled()
    {
        var release = new TaskCompletionSource<BusBody>();
        var slow = new ServedMethod("Slow", "", "s", (_, _) => release.Task);
        await using var exchange = await Exchange.StartAsync(slow, Echo);
        var waiting = exchange.CallAsync("Slow", BusBody.Empty);

        using var fast = await exchange.CallAsync("Echo", BusBody.Of(new byte[] { 7 }));
        Assert.False(waiting.IsCompleted);
        release.SetResult(BusBody.Of("done"));

        using var answer = await waiting;
        Assert.Equal("done", answer.Text(0));
    }

    [Fact]
    public async Task The_handler_knows_who_calls()
    {
        BusCaller? seen = null;
        var who = new ServedMethod("Who", "", "", (request, _) =>
        {
            seen = request.Caller;
            return Task.FromResult(BusBody.Empty);
        });
        await using var exchange = await Exchange.StartAsync(who);

        using var answer = await exchange.CallAsync("Who", BusBody.Empty);

        Assert.Equal(new BusCaller(exchange.Client.UniqueName, TestBus.OwnUid), seen);
    }

    [Fact]
    public async Task An_error_of_the_handler_reaches_the_caller_by_name_and_sentence()
    {
        var refuse = new ServedMethod("Refuse", "", "", (_, _) => throw new DBusException("org.vmtools.Error.Busy", "The disk is in use."));
        await using var exchange = await Exchange.StartAsync(refuse);

        var error = await Assert.ThrowsAsync<DBusException>(() => exchange.CallAsync("Refuse", BusBody.Empty));

        Assert.Equal(("org.vmtools.Error.Busy", "The disk is in use."), (error.Name, error.Message));
    }

    [Fact]
    public async Task A_defect_of_the_handler_is_reported_and_the_caller_learns_no_details()
    {
        Exception? reported = null;
        var served = new ServedObject(Exchange.Path, [new ServedInterface(
            Exchange.Name, [new ServedMethod("Break", "", "", (_, _) => throw new InvalidOperationException("secret"))], [])])
        {
            HandlerFaulted = (_, defect) => reported = defect,
        };
        await using var exchange = await Exchange.StartAsync(served);

        var error = await Assert.ThrowsAsync<DBusException>(() => exchange.CallAsync("Break", BusBody.Empty));

        Assert.Equal(BusErrors.Failed, error.Name);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.Equal("secret", reported?.Message);
    }

    [Fact]
    public async Task A_call_that_is_not_answered_in_time_ends_with_a_timeout()
    {
        var never = new ServedMethod("Never", "", "", async (_, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return BusBody.Empty;
        });
        await using var exchange = await Exchange.StartAsync(never);
        var call = Exchange.Call("Never", BusBody.Empty) with { Limit = TimeSpan.FromMilliseconds(50) };

        var error = await Assert.ThrowsAsync<TimeoutException>(() => exchange.Client.CallAsync(call, Cancel));

        Assert.Contains("Never", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_has_no_time_at_all_ends_with_a_timeout()
    {
        await using var exchange = await Exchange.StartAsync(Echo);
        var call = Exchange.Call("Echo", BusBody.Of(new byte[1])) with { Limit = TimeSpan.Zero };

        await Assert.ThrowsAsync<TimeoutException>(() => exchange.Client.CallAsync(call, Cancel));
    }

    [Fact]
    public async Task A_cancelled_call_ends_at_once_and_the_connection_stays_usable()
    {
        var never = new ServedMethod("Never", "", "", async (_, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return BusBody.Empty;
        });
        await using var exchange = await Exchange.StartAsync(never, Echo);
        using var interrupt = new CancellationTokenSource();
        var call = exchange.Client.CallAsync(Exchange.Call("Never", BusBody.Empty), interrupt.Token);

        await interrupt.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        using var answer = await exchange.CallAsync("Echo", BusBody.Of(new byte[] { 1 }));
        Assert.Equal(1, answer.Bytes(0).Length);
    }

    [Fact]
    public async Task A_name_that_nobody_owns_is_an_error_by_name()
    {
        await using var exchange = await Exchange.StartAsync(Echo);

        var error = await Assert.ThrowsAsync<DBusException>(() => exchange.Client.CallAsync(
            new BusCall("org.vmtools.Nobody", "/", "org.vmtools.Nobody", "Hello"), Cancel));

        Assert.Equal(BusErrors.ServiceUnknown, error.Name);
    }
}
