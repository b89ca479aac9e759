using CsCheck;
using Microsoft.Extensions.Time.Testing;
using VmTools.Linux.Loop;
using Xunit;

namespace VmTools.Unit.Linux.Loop;

public sealed class EventLoopTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly EventLoop _loop;
    private readonly List<string> _ran = [];

    public EventLoopTests() => _loop = new EventLoop(_clock);

    public void Dispose() => _loop.Dispose();

    [Fact]
    public void A_ready_fd_runs_its_action()
    {
        using var fd = new EventFd();
        _loop.Watch(fd.Handle, EpollEvents.In, events => _ran.Add($"{events}"));
        fd.Signal();

        Assert.True(_loop.Turn(TimeSpan.Zero));

        Assert.Equal(["In"], _ran);
    }

    [Fact]
    public void An_event_already_fetched_for_an_ended_watch_is_dropped()
    {
        using var one = new EventFd();
        using var other = new EventFd();
        var watches = new FdWatch[2];
        watches[0] = _loop.Watch(one.Handle, EpollEvents.In, _ => End("one"));
        watches[1] = _loop.Watch(other.Handle, EpollEvents.In, _ => End("other"));
        one.Signal();
        other.Signal();

        _loop.Turn(TimeSpan.Zero);

        Assert.Single(_ran);

        void End(string name)
        {
            _ran.Add(name);
            Array.ForEach(watches, _loop.Unwatch);
        }
    }

    [Fact]
    public void An_event_of_a_closed_fd_never_reaches_its_successor_in_the_slot()
    {
        using var one = new EventFd();
        using var other = new EventFd();
        using var successor = new EventFd();
        var watches = new FdWatch[2];
        watches[0] = _loop.Watch(one.Handle, EpollEvents.In, _ => Replace());
        watches[1] = _loop.Watch(other.Handle, EpollEvents.In, _ => Replace());
        one.Signal();
        other.Signal();

        _loop.Turn(TimeSpan.Zero);

        Assert.Empty(_ran);

        void Replace()
        {
            Array.ForEach(watches, _loop.Unwatch);
            _loop.Watch(successor.Handle, EpollEvents.In, _ => _ran.Add("successor"));
            _loop.Watch(successor.Handle.Duplicate(), EpollEvents.In, _ => _ran.Add("successor"));
        }
    }

    [Fact]
    public void Ending_a_watch_twice_does_not_end_its_successor()
    {
        using var one = new EventFd();
        var first = _loop.Watch(one.Handle, EpollEvents.In, _ => { });
        _loop.Unwatch(first);
        _loop.Watch(one.Handle, EpollEvents.In, _ => _ran.Add("second"));

        _loop.Unwatch(first);
        one.Signal();
        _loop.Turn(TimeSpan.Zero);

        Assert.Equal(["second"], _ran);
    }

    [Fact]
    public void Posted_work_runs_on_the_next_turn_and_work_it_posts_on_the_one_after()
    {
        _loop.Post(() =>
        {
            _ran.Add("first");
            _loop.Post(() => _ran.Add("second"));
        });

        _loop.Turn(TimeSpan.Zero);
        Assert.Equal(["first"], _ran);
        _loop.Turn(TimeSpan.Zero);

        Assert.Equal(["first", "second"], _ran);
        Assert.False(_loop.Turn(TimeSpan.Zero));
    }

    [Fact]
    public void Timers_run_in_the_order_of_their_deadlines()
    {
        foreach (var milliseconds in (int[])[30, 10, 20, 50, 40])
        {
            _loop.AddTimer(() => _ran.Add($"{milliseconds}")).Set(TimeSpan.FromMilliseconds(milliseconds));
        }

        _clock.Advance(TimeSpan.FromMilliseconds(45));
        _loop.Turn(TimeSpan.Zero);

        Assert.Equal(["10", "20", "30", "40"], _ran);
    }

    [Fact]
    public void A_timer_set_again_or_cleared_does_not_run_at_its_first_time()
    {
        var moved = _loop.AddTimer(() => _ran.Add("moved"));
        var cleared = _loop.AddTimer(() => _ran.Add("cleared"));
        moved.Set(TimeSpan.FromMilliseconds(10));
        cleared.Set(TimeSpan.FromMilliseconds(10));

        moved.Set(TimeSpan.FromMilliseconds(30));
        cleared.Clear();
        _clock.Advance(TimeSpan.FromMilliseconds(20));
        _loop.Turn(TimeSpan.Zero);
        Assert.Empty(_ran);
        _clock.Advance(TimeSpan.FromMilliseconds(20));
        _loop.Turn(TimeSpan.Zero);

        Assert.Equal(["moved"], _ran);
        Assert.False(moved.IsSet);
    }

    [Fact]
    public void A_timer_that_sets_itself_again_does_not_hold_the_turn()
    {
        LoopTimer? timer = null;
        timer = _loop.AddTimer(() =>
        {
            _ran.Add("again");
            timer!.Set(TimeSpan.Zero);
        });
        timer.Set(TimeSpan.Zero);
        _clock.Advance(TimeSpan.FromMilliseconds(5));

        _loop.Turn(TimeSpan.Zero);

        Assert.Single(_ran);
    }

    [Fact]
    public void Any_schedule_of_timers_runs_each_at_its_last_deadline()
    {
        Gen.Select(Gen.Int[0, 9], Gen.Int[-20, 100]).Array[0, 60].Sample(
            changes =>
            {
                var clock = new FakeTimeProvider();
                using var loop = new EventLoop(clock);
                var ran = new SortedSet<int>();
                var timers = Enumerable.Range(0, 10).Select(i => loop.AddTimer(() => Assert.True(ran.Add(i)))).ToArray();
                var wanted = new Dictionary<int, int>();
                foreach (var (timer, due) in changes)
                {
                    Change(timers[timer], due);
                    _ = due < 0 ? wanted.Remove(timer) : (wanted[timer] = Math.Max(1, due)) > 0;
                }

                clock.Advance(TimeSpan.FromMilliseconds(50));
                loop.Turn(TimeSpan.Zero);

                Assert.Equal(wanted.Where(one => one.Value <= 50).Select(one => one.Key).Order(), ran);
            },
            iter: 500, threads: 1);
    }

    [Fact]
    public async Task A_real_timer_wakes_a_running_loop_and_cancelling_ends_it()
    {
        using var loop = new EventLoop(TimeProvider.System);
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var fired = false;
        loop.AddTimer(() =>
        {
            fired = true;
            cancel.Cancel();
        }).Set(TimeSpan.FromMilliseconds(20));

        await Task.Run(() => loop.Run(cancel.Token), TestContext.Current.CancellationToken);

        Assert.True(fired);
    }

    [Fact]
    public async Task Work_posted_by_other_threads_wakes_a_sleeping_loop_and_none_is_lost()
    {
        const int threads = 4;
        const int each = 5_000;
        using var loop = new EventLoop(TimeProvider.System);
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var running = Task.Run(() => loop.Run(cancel.Token), TestContext.Current.CancellationToken);
        var ran = 0;

        await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Run(PostAll, TestContext.Current.CancellationToken)));
        await running;

        Assert.Equal(threads * each, ran);

        void PostAll()
        {
            for (var i = 0; i < each; i++)
            {
                loop.Post(() =>
                {
                    if (++ran == threads * each)
                    {
                        cancel.Cancel();
                    }
                });
                Thread.SpinWait(i % 64);
            }
        }
    }

    [Fact]
    public async Task A_loop_that_sleeps_runs_a_single_piece_of_work_of_another_thread()
    {
        using var loop = new EventLoop(TimeProvider.System);
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var running = Task.Run(() => loop.Run(cancel.Token), TestContext.Current.CancellationToken);
        for (var i = 0; i < 200; i++)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            loop.Post(done.SetResult);
            await done.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }

        await cancel.CancelAsync();
        await running;
    }

    private static void Change(LoopTimer timer, int due)
    {
        if (due < 0)
        {
            timer.Clear();
        }
        else
        {
            timer.Set(TimeSpan.FromMilliseconds(due));
        }
    }
}
