using Microsoft.Extensions.Time.Testing;
using VmTools.Protocol;
using VmTools.Protocol.Messages;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Protocol.Grpc;

/// <summary>A server to which nobody is connected sleeps, and nobody notices but the kernel's scheduler.</summary>
public sealed class GrpcServerSleepTests
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    private static DateTime Soon => DateTime.UtcNow.AddSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_falls_asleep_when_nobody_has_come_for_a_while()
    {
        await using var served = await ServeAsync();

        _clock.Advance(Linger);

        await Waiting.UntilAsync(() => !served.IsAwake);
    }

    [Fact]
    public async Task It_sets_no_timer_when_it_falls_asleep()
    {
        var clock = new CountingClock(_clock);
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo, options => options with { Clock = clock, Linger = Linger });
        var before = clock.TimersSet;

        _clock.Advance(Linger);
        await Waiting.UntilAsync(() => !served.IsAwake);

        Assert.Equal(before, clock.TimersSet);
    }

    [Fact]
    public async Task It_stays_awake_while_somebody_is_connected()
    {
        await using var served = await ServeAsync();
        await using var raw = await served.DialHttp2Async();
        await CallAsync(served, 1);

        _clock.Advance(Linger * 10);

        Assert.True(served.IsAwake);
        await CallAsync(served, 2);
    }

    [Fact]
    public async Task The_first_to_come_wakes_it_and_is_answered_time_and_again()
    {
        await using var served = await ServeAsync();
        for (uint round = 1; round <= 5; round++)
        {
            _clock.Advance(Linger);
            await Waiting.UntilAsync(() => !served.IsAwake);

            var raw = await served.DialHttp2Async();
            await Waiting.UntilAsync(() => served.IsAwake);
            await raw.DisposeAsync();
            await Waiting.UntilAsync(() => served.Ended == round);
        }
    }

    [Fact]
    public async Task A_call_while_it_sleeps_is_answered()
    {
        await using var served = await ServeAsync();
        _clock.Advance(Linger);
        await Waiting.UntilAsync(() => !served.IsAwake);

        await CallAsync(served, 42);
    }

    [Fact]
    public async Task Many_that_come_at_once_while_it_sleeps_are_all_answered()
    {
        await using var served = await ServeAsync();
        _clock.Advance(Linger);
        await Waiting.UntilAsync(() => !served.IsAwake);

        var raws = new List<RawHttp2>();
        for (var i = 0; i < 16; i++)
        {
            raws.Add(await served.DialHttp2Async());
        }

        await CallAsync(served, 7);
        foreach (var raw in raws)
        {
            await raw.DisposeAsync();
        }

        await Waiting.UntilAsync(() => served.Ended == raws.Count);
    }

    [Fact]
    public async Task Who_may_not_call_does_not_wake_it()
    {
        await using var served = await ServeAsync();
        _clock.Advance(Linger);
        await Waiting.UntilAsync(() => !served.IsAwake);

        await using var stranger = await served.DialAsync(new Cid(77));

        Assert.Equal(0, await stranger.Socket.ReceiveAsync(new byte[1], Cancel));
        Assert.False(served.IsAwake);
    }

    [Fact]
    public async Task A_server_that_sleeps_can_be_closed()
    {
        var served = await ServeAsync();
        _clock.Advance(Linger);
        await Waiting.UntilAsync(() => !served.IsAwake);

        await served.DisposeAsync();
    }

    private Task<ServedMaitred> ServeAsync() =>
        ServedMaitred.StartAsync(ServedMaitred.Echo, options => options with { Clock = _clock, Linger = Linger });

    private static async Task CallAsync(ServedMaitred served, uint number)
    {
        var answer = await served.Client.MountAsync(new MountRequest { Permissions = number }, deadline: Soon, cancellationToken: Cancel);

        Assert.Equal((int)number, answer.Error);
    }
}
