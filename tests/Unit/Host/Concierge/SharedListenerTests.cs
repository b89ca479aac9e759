using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Concierge.Resources;
using Xunit;

namespace VmTools.Unit.Host.Concierge;

/// <summary>A listener that is there while it is needed, once, and then goes.</summary>
public sealed class SharedListenerTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<Opened> _opened = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Users_at_one_time_share_it_and_the_last_one_closes_it_after_a_while()
    {
        await using var listener = Make();
        var first = await listener.OpenAsync(Cancel);
        var second = await listener.OpenAsync(Cancel);

        await first.DisposeAsync();
        _clock.Advance(SharedListener.Linger * 2);
        Assert.False(Assert.Single(_opened).Closed.Task.IsCompleted);

        await second.DisposeAsync();
        _clock.Advance(SharedListener.Linger);
        await _opened[0].Closed.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact]
    public async Task A_user_that_comes_while_it_lingers_keeps_it()
    {
        await using var listener = Make();
        await (await listener.OpenAsync(Cancel)).DisposeAsync();

        var next = await listener.OpenAsync(Cancel);
        _clock.Advance(SharedListener.Linger * 2);
        await Task.Yield();

        Assert.False(Assert.Single(_opened).Closed.Task.IsCompleted);
        await next.DisposeAsync();
    }

    [Fact]
    public async Task After_it_was_closed_the_next_user_opens_it_anew()
    {
        await using var listener = Make();
        await (await listener.OpenAsync(Cancel)).DisposeAsync();
        _clock.Advance(SharedListener.Linger);
        await _opened[0].Closed.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);

        await (await listener.OpenAsync(Cancel)).DisposeAsync();

        Assert.Equal(2, _opened.Count);
    }

    [Fact]
    public async Task One_that_cannot_be_opened_is_tried_again_by_the_next_user()
    {
        var fails = true;
        await using var listener = new SharedListener(
            _ => fails ? throw new IOException("taken") : Task.FromResult<IAsyncDisposable>(new Opened()), _clock);
        await Assert.ThrowsAsync<IOException>(() => listener.OpenAsync(Cancel));
        fails = false;

        await (await listener.OpenAsync(Cancel)).DisposeAsync();
    }

    [Fact]
    public async Task The_end_of_the_daemon_closes_it_at_once()
    {
        var listener = Make();
        await (await listener.OpenAsync(Cancel)).DisposeAsync();

        await listener.DisposeAsync();

        Assert.True(_opened[0].Closed.Task.IsCompleted);
    }

    private SharedListener Make() => new(
        _ =>
        {
            _opened.Add(new Opened());
            return Task.FromResult<IAsyncDisposable>(_opened[^1]);
        },
        _clock);

    private sealed class Opened : IAsyncDisposable
    {
        public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask DisposeAsync()
        {
            Closed.SetResult();
            return ValueTask.CompletedTask;
        }
    }
}
