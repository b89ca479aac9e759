using VmTools.Guest.HostCall;
using VmTools.Guest.Tremplin;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Linux.Accounts;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Containers;

/// <summary>What becomes of containers, with a runtime in memory.</summary>
public sealed class ContainerTableTests : IDisposable
{
    private readonly TestTable _test = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task A_container_that_is_made_is_stopped_and_the_host_is_told()
    {
        Assert.Equal(RequestOutcome.Begun, _test.Table.Create(TestContainers.Name()));
        await _test.UntilToldAsync(ContainerNoticeKind.Created);

        var (record, state) = Assert.Single(_test.Table.List());
        Assert.Equal((ContainerState.Stopped, TestContainers.Image), (state, record.Image));
        Assert.Equal(record, Assert.Single(_test.Store.Read()));
        Assert.Equal([("penguin", record.Address)], _test.Known);
        Assert.True(File.Exists(_test.Paths.Image(TestContainers.Image)));
        Assert.Equal("penguin\n", await File.ReadAllTextAsync($"{_test.Paths.Of(record.Name)}/upper/etc/hostname", Cancel));
    }

    [Fact]
    public async Task A_name_that_is_taken_exists()
    {
        await _test.MadeAsync();

        Assert.Equal(RequestOutcome.AlreadyDone, _test.Table.Create(TestContainers.Name()));
    }

    [Fact]
    public async Task A_container_of_a_users_image_has_an_image_of_its_own_that_goes_with_it()
    {
        _test.HasStock = false;
        Assert.Equal(RequestOutcome.Begun, _test.Table.Create(TestContainers.Name(), new ImageSource("/root.tar")));
        await _test.UntilToldAsync(ContainerNoticeKind.Created);

        var record = Assert.Single(_test.Table.List()).Record;
        Assert.True(Directory.Exists(_test.Paths.Tree(record.Image)));
        Assert.Contains(_test.Told, notice => notice is { Kind: ContainerNoticeKind.Creating, Percent: 50 });

        _test.Table.Delete(record.Name);
        await _test.UntilToldAsync(ContainerNoticeKind.Deleted);
        Assert.Empty(Directory.GetFileSystemEntries(_test.Paths.Images));
    }

    [Fact]
    public async Task An_image_that_is_refused_leaves_no_container()
    {
        _test.UnpackFailure = new VmToolsException(ErrorKind.InvalidArgument, "it is no tar");

        _test.Table.Create(TestContainers.Name(), new ImageSource("/root.tar"));

        await _test.UntilToldAsync(ContainerNoticeKind.NotCreated);
        Assert.Contains(_test.Told, notice => notice.Reason == "it is no tar");
        Assert.Empty(_test.Table.List());
        Assert.Null(_test.Table.Find(TestContainers.Name()));
    }

    [Fact]
    public async Task What_was_being_unpacked_or_removed_at_a_kill_goes_at_the_next_start()
    {
        foreach (var left in new[] { _test.Paths.NewTree(Guid.NewGuid()), _test.Paths.GoneTree() })
        {
            Directory.CreateDirectory($"{left}/etc");
        }

        await _test.New().LoadAsync(Cancel);

        Assert.Empty(Directory.GetFileSystemEntries(_test.Paths.Images));
    }

    [Fact]
    public async Task Two_containers_share_neither_ids_nor_address()
    {
        var (one, two) = ((await _test.MadeAsync("one")).Look().Record, (await _test.MadeAsync("two")).Look().Record);

        Assert.NotEqual(one.Ids, two.Ids);
        Assert.NotEqual(one.Address, two.Address);
    }

    [Fact]
    public void Without_a_stock_image_nothing_is_made()
    {
        _test.HasStock = false;

        Assert.Equal(RequestResult.Refused, _test.Table.Create(TestContainers.Name()).Result);
        Assert.Empty(_test.Table.List());
    }

    [Fact]
    public async Task A_container_runs_once_a_command_can_run_in_it()
    {
        var answers = new TaskCompletionSource();
        _test.Runtime.Next = () => new FakeRunning { Answers = answers.Task };
        var container = await _test.MadeAsync();

        Assert.Equal(RequestOutcome.Begun, container.Start());
        Assert.Equal(RequestOutcome.UnderWay, container.Start());
        answers.SetResult();
        await _test.UntilToldAsync(ContainerNoticeKind.Started);

        Assert.Equal(RequestOutcome.AlreadyDone, container.Start());
        Assert.Equal((ContainerState.Running, "Test Linux"), (container.Look().State, container.Look().Record.Release.PrettyName));
        Assert.Equal("Test Linux", Assert.Single(_test.Store.Read()).Release.PrettyName);
    }

    [Fact]
    public async Task While_a_container_is_being_started_the_host_hears_so_every_few_seconds()
    {
        _test.Runtime.Next = () => new FakeRunning { Answers = new TaskCompletionSource().Task };
        var container = await _test.MadeAsync();
        container.Start();

        await AdvanceUntilAsync(
            ContainerRun.SignOfLife, () => _test.Told.Count(notice => notice.Kind == ContainerNoticeKind.Starting) >= 2);
    }

    [Fact]
    public async Task A_container_that_never_answers_is_killed_and_the_host_told_why()
    {
        _test.Runtime.Next = () => new FakeRunning { Answers = new TaskCompletionSource().Task };
        var container = await _test.MadeAsync();
        container.Start();

        await AdvanceUntilAsync(ContainerRun.StartLimit, () => _test.Told.Any(notice => notice.Kind == ContainerNoticeKind.NotStarted));

        Assert.True(_test.Runtime.Last!.IsKilled);
        Assert.Equal(ContainerState.Stopped, container.Look().State);
    }

    [Fact]
    public async Task A_start_of_an_init_that_ends_has_failed_with_its_last_words()
    {
        _test.Runtime.Next = () => new FakeRunning { Answers = new TaskCompletionSource().Task };
        var container = await _test.MadeAsync();
        container.Start();
        await Waiting.UntilAsync(() => _test.Runtime.Last is not null);

        _test.Runtime.Last!.End();
        await container.Idle.InTime();

        Assert.Equal([new ContainerNotice(ContainerNoticeKind.NotStarted, "penguin", "its init ended (exit code 7)")], _test.Told);
        Assert.Equal([container.Name], _test.Runtime.Cleared);
        Assert.True(_test.Runtime.Last.IsDisposed);
    }

    [Fact]
    public async Task A_start_that_the_runtime_refuses_has_failed_and_another_may_succeed()
    {
        _test.Runtime.Failures.Enqueue(new VmToolsException(ErrorKind.Internal, "no room"));
        var container = await _test.MadeAsync();
        container.Start();
        await container.Idle.InTime();

        Assert.Equal([new ContainerNotice(ContainerNoticeKind.NotStarted, "penguin", "no room")], _test.Told);
        Assert.Equal(RequestOutcome.Begun, container.Start());
        await _test.UntilToldAsync(ContainerNoticeKind.Started);
    }

    [Fact]
    public async Task A_container_that_ends_by_itself_has_shut_down()
    {
        var container = await _test.RunningAsync();

        _test.Runtime.Last!.End();
        await container.Idle.InTime();

        Assert.Equal([new ContainerNotice(ContainerNoticeKind.ShutDown, "penguin")], _test.Told);
        Assert.Equal(ContainerState.Stopped, container.Look().State);
        Assert.Equal([container.Name], _test.Runtime.Cleared);
    }

    [Fact]
    public async Task A_stop_repeats_the_signal_until_init_listens()
    {
        _test.Runtime.Next = () => new FakeRunning { SignalsNeeded = 3 };
        var container = await _test.RunningAsync();

        Assert.Equal(RequestOutcome.Begun, container.Stop(ContainerRun.Patience));
        Assert.Equal(RequestOutcome.UnderWay, container.Stop(ContainerRun.Patience));
        await AdvanceUntilAsync(ContainerRun.BetweenSignals, () => !_test.Told.IsEmpty);

        Assert.Equal([new ContainerNotice(ContainerNoticeKind.Stopped, "penguin")], _test.Told);
        Assert.Equal((3, false), (_test.Runtime.Last!.Signals, _test.Runtime.Last.IsKilled));
    }

    [Fact]
    public async Task A_container_that_does_not_listen_is_killed()
    {
        _test.Runtime.Next = () => new FakeRunning { SignalsNeeded = int.MaxValue };
        var container = await _test.RunningAsync();

        container.Stop(ContainerRun.Patience);
        await AdvanceUntilAsync(ContainerRun.BetweenSignals, () => !_test.Told.IsEmpty);

        Assert.Equal([new ContainerNotice(ContainerNoticeKind.Stopped, "penguin")], _test.Told);
        Assert.True(_test.Runtime.Last!.IsKilled);
        Assert.InRange(_test.Runtime.Last.Signals, 2, 31);
    }

    [Fact]
    public async Task A_stop_during_a_start_cancels_it()
    {
        _test.Runtime.Next = () => new FakeRunning { Answers = new TaskCompletionSource().Task };
        var container = await _test.MadeAsync();
        container.Start();
        await Waiting.UntilAsync(() => _test.Runtime.Last is not null);

        container.Stop(ContainerRun.Patience);
        await container.Idle.InTime();

        Assert.Equal(
            [ContainerNoticeKind.StartCancelled, ContainerNoticeKind.Stopped], _test.Told.Select(notice => notice.Kind));
        Assert.Equal(ContainerState.Stopped, container.Look().State);
    }

    [Fact]
    public async Task A_container_that_is_deleted_ends_first_and_leaves_nothing()
    {
        var container = await _test.RunningAsync();

        Assert.Equal(RequestOutcome.Begun, _test.Table.Delete(container.Name));
        Assert.Equal(RequestResult.Refused, _test.Table.Start(container.Name).Result);
        await _test.UntilToldAsync(ContainerNoticeKind.Deleted);

        Assert.Equal([new ContainerNotice(ContainerNoticeKind.Deleted, "penguin")], _test.Told);
        Assert.True(_test.Runtime.Last!.Ended.IsCompleted);
        Assert.Equal((RequestOutcome.NoSuchContainer, 0), (_test.Table.Delete(container.Name), _test.Known.Count));
        Assert.Equal([_test.Paths.Images], Directory.EnumerateFileSystemEntries(_test.Paths.State));
    }

    [Fact]
    public async Task The_next_tremplin_takes_over_what_runs_and_removes_what_is_half()
    {
        var (one, two) = (await _test.MadeAsync("one"), await _test.MadeAsync("two"));
        Directory.CreateDirectory(_test.Paths.New(TestContainers.Name("half")));
        Directory.CreateDirectory(_test.Paths.Gone(TestContainers.Name("half")));
        _test.Runtime.Former[two.Name] = new FakeRunning();
        using var next = _test.New();

        await next.LoadAsync(Cancel);

        Assert.Equal(
            [("one", ContainerState.Stopped), ("two", ContainerState.Running)],
            next.List().Select(look => (look.Record.Name.Value, look.State)));
        Assert.Equal([one.Name], _test.Runtime.Cleared);
        Assert.Equal([two.Name], _test.Runtime.Kept!);
        Assert.Empty(_test.Store.Leavings());
        Assert.Empty(_test.Told);
    }

    [Fact]
    public async Task A_container_that_was_taken_over_can_be_stopped()
    {
        var container = await _test.MadeAsync();
        _test.Runtime.Former[container.Name] = new FakeRunning();
        using var next = _test.New();
        await next.LoadAsync(Cancel);

        Assert.Equal(RequestOutcome.Begun, next.Stop(container.Name));
        await _test.UntilToldAsync(ContainerNoticeKind.Stopped);

        Assert.Equal(ContainerState.Stopped, next.Find(container.Name)!.Look().State);
    }

    [Fact]
    public async Task A_VM_that_shuts_down_stops_all_containers_and_starts_none()
    {
        var (one, two) = (await _test.RunningAsync("one"), await _test.RunningAsync("two"));

        await _test.Table.StopAllAsync(TimeSpan.FromSeconds(4)).InTime();

        Assert.All([one, two], container => Assert.Equal(ContainerState.Stopped, container.Look().State));
        Assert.Equal(RequestResult.Refused, _test.Table.Start(one.Name).Result);
        Assert.Equal(RequestResult.Refused, _test.Table.Create(TestContainers.Name("three")).Result);
    }

    [Fact]
    public async Task The_first_user_is_made_once_and_is_the_default_from_then_on()
    {
        var container = await _test.RunningAsync();

        Assert.Equal((false, TestContainers.User()), await container.SetUpUserAsync(TestContainers.User(), Cancel));
        Assert.Equal((true, TestContainers.User()), await container.SetUpUserAsync(TestContainers.User("bob"), Cancel));

        Assert.True(_test.Runtime.Last!.HasAgent);
        Assert.Equal(TestContainers.User(), Assert.Single(_test.Store.Read()).User);
    }

    [Fact]
    public async Task A_user_of_the_image_counts()
    {
        _test.Runtime.Next = () => new FakeRunning { User = new UserEntry("debian", 1000, 1000, "/home/debian", "/bin/bash") };
        var container = await _test.RunningAsync();

        Assert.Equal((true, TestContainers.User("debian")), await container.SetUpUserAsync(TestContainers.User(), Cancel));
    }

    [Fact]
    public async Task Only_a_running_container_gets_a_user()
    {
        var container = await _test.MadeAsync();

        var refused = await Assert.ThrowsAsync<VmToolsException>(() => container.SetUpUserAsync(TestContainers.User(), Cancel));

        Assert.Contains("does not run", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The clock of the test goes on until what it should bring has come.</summary>
    private Task AdvanceUntilAsync(TimeSpan step, Func<bool> condition) => Waiting.UntilAsync(() =>
    {
        _test.Clock.Advance(step);
        return condition();
    });
}
