using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Vsh;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Host.Vsh;

public sealed class SilenceWatchTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CancellationTokenSource _over = new();
    private readonly List<string> _told = [];
    private readonly VshActivity _activity;
    private Func<CancellationToken, Task> _answer = _ => Task.CompletedTask;
    private Task _watching = Task.CompletedTask;
    private int _asked;

    public SilenceWatchTests() => _activity = new VshActivity(_clock);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_vm_that_does_not_answer_is_told_within_half_a_minute_and_once()
    {
        _answer = Never;
        Watch();

        await PassAsync(30);
        await PassAsync(60);

        Assert.Equal(["VM 'w' does not answer; vsh waits for it. Look. Ctrl-C ends vsh."], _told);
        Assert.True(_activity.IsUnanswered);
    }

    [Fact]
    public async Task A_vm_that_answers_again_is_told_too()
    {
        _answer = Never;
        Watch();
        await PassAsync(30);

        _answer = _ => Task.CompletedTask;
        await PassAsync(30);

        Assert.Equal("VM 'w' answers again.", _told[^1]);
        Assert.False(_activity.IsUnanswered);
    }

    [Fact]
    public async Task A_command_that_is_merely_quiet_is_left_in_peace()
    {
        Watch();

        await PassAsync(600);

        Assert.Empty(_told);
        Assert.NotEqual(0, _asked);
    }

    [Fact]
    public async Task A_refusal_at_once_is_an_answer()
    {
        _answer = _ => throw new VmToolsException(ErrorKind.Unavailable, "The VM refused.");
        Watch();

        await PassAsync(60);

        Assert.Empty(_told);
    }

    [Fact]
    public async Task An_idle_shell_asks_nothing_before_a_key_is_pressed()
    {
        _answer = Never;
        Watch(interactive: true);
        await PassAsync(3600);
        Assert.Equal(0, _asked);

        _activity.Sent();
        await PassAsync(30);

        Assert.Single(_told);
    }

    [Fact]
    public async Task Whoever_speaks_is_not_asked()
    {
        _answer = Never;
        Watch();

        for (var i = 0; i < 60; i++)
        {
            _activity.Received();
            await PassAsync(1);
        }

        Assert.Equal(0, _asked);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _watching;
        _over.Dispose();
    }

    private static Task Never(CancellationToken cancel) => Task.Delay(Timeout.Infinite, cancel);

    private void Watch(bool interactive = false)
    {
        var watch = new SilenceWatch(_activity, AskAsync, TellAsync, _clock)
        {
            Vm = "'w'",
            NextStep = "Look. ",
            IsInteractive = interactive
        };
        _watching = watch.RunAsync(_over.Token);
    }

    private Task AskAsync(CancellationToken cancel)
    {
        _asked++;
        return _answer(cancel);
    }

    private ValueTask TellAsync(string sentence)
    {
        _told.Add(sentence);
        return ValueTask.CompletedTask;
    }

    /// <summary>Second by second, so that each timer is set before its time comes.</summary>
    private async Task PassAsync(int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel);
        }
    }
}
