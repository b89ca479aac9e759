using System.Globalization;
using VmTools.DBus;
using VmTools.Linux;
using VmTools.Linux.Loop;
using Xunit;

namespace VmTools.Unit.DBus;

public sealed class DescriptorTests
{
    /// <summary>O_CLOEXEC as /proc/PID/fdinfo shows it: proc_pid_fdinfo(5), in octal.</summary>
    private const int CloseOnExec = 0x80000;

    private static readonly ServedMethod Echo = new("Echo", "ay", "ay", (request, _) => Task.FromResult(BusBody.Of(request.Body.Bytes(0))));

    private static readonly ServedMethod Return = new(
        "Return", "h", "h", (request, _) => Task.FromResult(new BusBody().Add(Assert.Single(request.Body.TakeFds(0)))));

    [Fact]
    public async Task Every_received_descriptor_is_close_on_exec()
    {
        var flags = 0;
        var take = new ServedMethod("Take", "h", "h", (request, _) =>
        {
            flags = FlagsOf(request.Body.Fds(0)[0]);
            return Task.FromResult(new BusBody().Add(request.Body.TakeFds(0)[0]));
        });
        await using var exchange = await Exchange.StartAsync(take);
        using var counter = new EventFd();

        using var answer = await exchange.CallAsync("Take", new BusBody().Add(counter.Handle.Duplicate()));

        Assert.Equal(CloseOnExec, flags & CloseOnExec);
        Assert.Equal(CloseOnExec, FlagsOf(answer.Fds(0)[0]) & CloseOnExec);
    }

    [Fact]
    public async Task Descriptors_pass_both_ways_while_the_connections_are_full_of_other_messages()
    {
        var served = new ServedObject(Exchange.Path, [new ServedInterface(Exchange.Name, [Echo, Return], [])])
        {
            Limits = new ServeLimits { Calls = 1024, CallsPerCaller = 1024, TotalBytes = 256 << 20 },
        };
        await using var exchange = await Exchange.StartAsync(served);
        using var counter = new EventFd();

        var calls = Enumerable.Range(0, 120).Select(number => number % 8 == 7
            ? exchange.CallAsync("Return", new BusBody().Add(counter.Handle.Duplicate()))
            : exchange.CallAsync("Echo", BusBody.Of(new byte[100_000]))).ToArray();
        var answers = await Task.WhenAll(calls);

        Assert.All(answers, answer => answer.Dispose());
        Assert.False(exchange.Client.Closed.IsCompleted || exchange.Server.Closed.IsCompleted);
    }

    [Fact]
    public async Task More_descriptors_than_a_message_carries_are_refused_and_the_connection_stays()
    {
        var take = new ServedMethod("Take", "ah", "", (_, _) => Task.FromResult(BusBody.Empty));
        await using var exchange = await Exchange.StartAsync(Echo, take);
        using var counter = new EventFd();
        using var many = new BusBody().Add([.. Enumerable.Range(0, 17).Select(_ => counter.Handle.Duplicate())]);
        using var most = new BusBody().Add([.. Enumerable.Range(0, 16).Select(_ => counter.Handle.Duplicate())]);

        var error = await Assert.ThrowsAsync<DBusException>(() => exchange.CallAsync("Take", many));

        Assert.Equal(BusErrors.LimitsExceeded, error.Name);
        using var answer = await exchange.CallAsync("Take", most);
    }

    [Fact]
    public async Task A_call_that_was_given_up_before_there_was_room_is_not_sent()
    {
        var calls = 0;
        var take = new ServedMethod("Take", "h", "", (_, _) =>
        {
            Interlocked.Increment(ref calls);
            return Task.FromResult(BusBody.Empty);
        });
        await using var exchange = await Exchange.StartAsync(Echo, take);
        using var counter = new EventFd();
        exchange.Bus.Pause(true);
        var before = exchange.CallAsync("Echo", BusBody.Of(new byte[1 << 20]));
        try
        {
            using var body = new BusBody().Add(counter.Handle.Duplicate());
            await Assert.ThrowsAsync<TimeoutException>(() => exchange.Client.CallAsync(
                Exchange.Call("Take", body) with { Limit = TimeSpan.FromMilliseconds(200) }, TestContext.Current.CancellationToken));
        }
        finally
        {
            exchange.Bus.Pause(false);
        }

        (await before).Dispose();
        using var after = await exchange.CallAsync("Echo", BusBody.Of(new byte[1]));
        Assert.Equal(0, calls);
    }

    private static int FlagsOf(FdHandle fd) => Convert.ToInt32(
        File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{fd.DangerousGetHandle()}"))
            .Single(line => line.StartsWith("flags:", StringComparison.Ordinal))["flags:".Length..].Trim(),
        8);
}
