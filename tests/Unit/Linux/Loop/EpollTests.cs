using VmTools.Linux;
using VmTools.Linux.Libc;
using VmTools.Linux.Loop;
using Xunit;

namespace VmTools.Unit.Linux.Loop;

public sealed class EpollTests
{
    private readonly EpollEvent[] _events = new EpollEvent[8];

    [Fact]
    public void A_signalled_counter_is_told_with_its_whole_token()
    {
        using var epoll = new Epoll();
        using var counter = new EventFd();
        epoll.Add(counter.Handle, EpollEvents.In, 0xFEDC_BA98_7654_3210);

        counter.Signal();

        Assert.Equal(1, epoll.Wait(_events, 1000));
        Assert.Equal(new EpollEvent(EpollEvents.In, 0xFEDC_BA98_7654_3210), _events[0]);
    }

    [Fact]
    public void Several_events_keep_their_own_tokens()
    {
        using var epoll = new Epoll();
        var counters = Enumerable.Range(0, 5).Select(_ => new EventFd()).ToArray();
        for (var i = 0; i < counters.Length; i++)
        {
            epoll.Add(counters[i].Handle, EpollEvents.In, (ulong)i + 100);
            counters[i].Signal();
        }

        var count = epoll.Wait(_events, 1000);

        Assert.Equal([100ul, 101, 102, 103, 104], _events[..count].Select(e => e.Token).Order().ToArray());
        Array.ForEach(counters, counter => counter.Dispose());
    }

    [Fact]
    public void What_was_removed_or_modified_away_is_silent()
    {
        using var epoll = new Epoll();
        using var removed = new EventFd();
        using var muted = new EventFd();
        epoll.Add(removed.Handle, EpollEvents.In, 1);
        epoll.Add(muted.Handle, EpollEvents.In, 2);
        epoll.Remove(removed.Handle);
        epoll.Modify(muted.Handle, EpollEvents.None, 2);

        removed.Signal();
        muted.Signal();

        Assert.Equal(0, epoll.Wait(_events, 0));
    }

    [Fact]
    public void A_counter_gives_its_whole_count_once()
    {
        using var counter = new EventFd();
        counter.Signal();
        counter.Signal();

        Assert.True(counter.TryConsume(out var count));
        Assert.Equal(2ul, count);
        Assert.False(counter.TryConsume(out _));
    }

    [Fact]
    public void A_counter_of_another_process_never_blocks_us()
    {
        using var blocking = new FdHandle(Syscall.Check(Native.EventFd(0, Native.EventCloexec), "eventfd"));
        using var counter = EventFd.From(blocking);

        Assert.False(counter.TryConsume(out _));
    }

    [Fact]
    public void A_timer_fires_once_when_due_and_not_when_cleared()
    {
        using var epoll = new Epoll();
        using var timer = new TimerFd();
        epoll.Add(timer.Handle, EpollEvents.In, 7);

        timer.Set(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, epoll.Wait(_events, 5000));
        Assert.True(timer.TryConsume());
        Assert.False(timer.TryConsume());

        timer.Set(TimeSpan.FromMilliseconds(20));
        timer.Clear();
        Assert.Equal(0, epoll.Wait(_events, 60));
    }

    [Fact]
    public void A_timer_set_to_zero_or_the_past_fires_at_once()
    {
        using var epoll = new Epoll();
        using var timer = new TimerFd();
        epoll.Add(timer.Handle, EpollEvents.In, 7);

        timer.Set(TimeSpan.FromSeconds(-1));

        Assert.Equal(1, epoll.Wait(_events, 5000));
    }
}
