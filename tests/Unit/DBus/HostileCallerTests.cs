using VmTools.DBus;
using VmTools.Linux.Loop;
using Xunit;

namespace VmTools.Unit.DBus;

public sealed class HostileCallerTests
{
    private static readonly ServedMethod Echo = new("Echo", "ay", "ay", (request, _) => Task.FromResult(BusBody.Of(request.Body.Bytes(0))));

    [Fact]
    public async Task Arguments_of_another_signature_are_refused()
    {
        await using var exchange = await Exchange.StartAsync(Echo);

        var error = await Assert.ThrowsAsync<DBusException>(() => exchange.CallAsync("Echo", BusBody.Of("text")));

        Assert.Equal(BusErrors.InvalidArgs, error.Name);
    }

    [Fact]
    public async Task A_method_that_does_not_exist_is_refused()
    {
        await using var exchange = await Exchange.StartAsync(Echo);

        var error = await Assert.ThrowsAsync<DBusException>(() => exchange.CallAsync("Ecko", BusBody.Empty));

        Assert.Equal(BusErrors.UnknownMethod, error.Name);
    }

    [Fact]
    public async Task A_caller_who_is_not_admitted_is_refused_before_the_handler_runs()
    {
        var served = new ServedObject(Exchange.Path, [new ServedInterface(Exchange.Name, [Echo], [])])
        {
            Admits = caller => caller.Uid != TestBus.OwnUid,
        };
        await using var exchange = await Exchange.StartAsync(served);

        var error = await Assert.ThrowsAsync<DBusException>(() => exchange.CallAsync("Echo", BusBody.Of(new byte[1])));

        Assert.Equal(BusErrors.AccessDenied, error.Name);
    }

    [Fact]
    public async Task An_argument_beyond_the_limit_is_refused_and_smaller_ones_still_pass()
    {
        await using var exchange = await Exchange.StartAsync(Echo);

        var error = await Assert.ThrowsAsync<DBusException>(() => exchange.CallAsync("Echo", BusBody.Of(new byte[(4 << 20) + 1])));

        Assert.Equal(BusErrors.LimitsExceeded, error.Name);
        using var answer = await exchange.CallAsync("Echo", BusBody.Of(new byte[4 << 20]));
        Assert.Equal(4 << 20, answer.Bytes(0).Length);
    }

    [Fact]
    public async Task Calls_beyond_a_callers_share_are_refused_and_another_caller_is_served()
    {
        var release = new TaskCompletionSource<BusBody>();
        await using var exchange = await Exchange.StartAsync(new ServedMethod("Slow", "", "", (_, _) => release.Task), Echo);
        await using var other = await exchange.Bus.ConnectAsync();
        var waiting = Enumerable.Range(0, 64).Select(_ => exchange.CallAsync("Slow", BusBody.Empty)).ToArray();

        var error = await Assert.ThrowsAsync<DBusException>(() => exchange.CallAsync("Slow", BusBody.Empty));
        using var answer = await other.CallAsync(
            Exchange.Call("Echo", BusBody.Of(new byte[3])), TestContext.Current.CancellationToken);
        release.SetResult(BusBody.Empty);

        Assert.Equal(BusErrors.LimitsExceeded, error.Name);
        Assert.Equal(3, answer.Bytes(0).Length);
        await Task.WhenAll(waiting);
    }

    [Fact]
    public async Task Twenty_callers_with_ten_calls_each_in_flight_are_all_answered()
    {
        await using var exchange = await Exchange.StartAsync(Echo);
        var callers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => exchange.Bus.ConnectAsync()));

        var answers = await Task.WhenAll(callers.SelectMany(caller => Enumerable.Range(0, 10).Select(number => caller.CallAsync(
            Exchange.Call("Echo", BusBody.Of(new byte[number * 1000])), TestContext.Current.CancellationToken))));

        Assert.Equal(Enumerable.Range(0, 200).Select(index => index % 10 * 1000), answers.Select(answer => answer.Bytes(0).Length));
        await Task.WhenAll(callers.Select(caller => caller.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task Ten_thousand_calls_at_once_are_all_answered_and_leave_nothing_behind()
    {
        await using var exchange = await Exchange.StartAsync(Echo);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ => OutcomeAsync(exchange)));

        Assert.All(outcomes, outcome => Assert.True(outcome is null or BusErrors.LimitsExceeded, outcome));
        using var answer = await exchange.CallAsync("Echo", BusBody.Of(new byte[9]));
        Assert.Equal(9, answer.Bytes(0).Length);
    }

    [Fact]
    public async Task A_caller_who_vanishes_in_the_middle_of_a_call_disturbs_nobody()
    {
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource<BusBody>();
        var slow = new ServedMethod("Slow", "", "ay", (_, _) =>
        {
            entered.SetResult();
            return release.Task;
        });
        await using var exchange = await Exchange.StartAsync(slow, Echo);
        var doomed = await exchange.Bus.ConnectAsync();
        var call = doomed.CallAsync(Exchange.Call("Slow", BusBody.Empty), TestContext.Current.CancellationToken);
        await entered.Task;

        await doomed.DisposeAsync();
        release.SetResult(BusBody.Of(new byte[1 << 20]));

        var error = await Assert.ThrowsAsync<DBusException>(() => call);
        Assert.Equal(BusErrors.Disconnected, error.Name);
        using var answer = await exchange.CallAsync("Echo", BusBody.Of(new byte[2]));
        Assert.Equal(2, answer.Bytes(0).Length);
    }

    [Fact]
    public async Task More_descriptors_than_allowed_are_refused()
    {
        var take = new ServedMethod("Take", "ah", "", (_, _) => Task.FromResult(BusBody.Empty));
        var served = new ServedObject(Exchange.Path, [new ServedInterface(Exchange.Name, [take], [])])
        {
            Limits = new ServeLimits { Fds = 2 },
        };
        await using var exchange = await Exchange.StartAsync(served);
        using var counter = new EventFd();
        using var sent = new BusBody().Add([counter.Handle.Duplicate(), counter.Handle.Duplicate(), counter.Handle.Duplicate()]);

        var error = await Assert.ThrowsAsync<DBusException>(() => exchange.CallAsync("Take", sent));

        Assert.Equal(BusErrors.LimitsExceeded, error.Name);
    }

    private static async Task<string?> OutcomeAsync(Exchange exchange)
    {
        try
        {
            using var answer = await exchange.CallAsync("Echo", BusBody.Of(new byte[100]));
            return null;
        }
        catch (DBusException refused)
        {
            return refused.Name;
        }
    }
}
