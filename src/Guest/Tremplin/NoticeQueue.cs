using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using VmTools.Guest.HostCall;

namespace VmTools.Guest.Tremplin;

/// <summary>
/// Tells the host in order what became of containers. A host that is away costs the oldest notices and never holds up a container: when it
/// comes back, it asks how things stand.
/// </summary>
internal sealed partial class NoticeQueue : IAsyncDisposable
{
    private const int MaxWaiting = 64;
    private const int Attempts = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>A vm_cicerone that starts later asks of its own accord.</summary>
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(90);

    private readonly Channel<ContainerNotice> _waiting = Channel.CreateBounded<ContainerNotice>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly TremplinListenerCall _host;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private Task _sending = Task.CompletedTask;

    public NoticeQueue(TremplinListenerCall host, TimeProvider clock, ILogger log) => (_host, _clock, _log) = (host, clock, log);

    /// <summary>Returns at once.</summary>
    public void Add(ContainerNotice notice) => _waiting.Writer.TryWrite(notice);

    /// <summary>The host may call: it hears so first, and then what was added.</summary>
    public void Start() => _sending = SendAllAsync();

    /// <summary>Waits for what was added, as long as <paramref name="limit"/>, and sends nothing any more.</summary>
    public async Task FlushAsync(TimeSpan limit)
    {
        _waiting.Writer.TryComplete();
        await Task.WhenAny(_sending, Task.Delay(limit, _clock));
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _sending;
        _closing.Dispose();
    }

    private async Task SendAllAsync()
    {
        try
        {
            await SendReadyAsync();
            await foreach (var notice in _waiting.Reader.ReadAllAsync(_closing.Token))
            {
                await SendAsync(notice);
            }
        }
        catch (OperationCanceledException)
        {
            // tremplin ends.
        }
    }

    private async Task SendReadyAsync()
    {
        var began = _clock.GetTimestamp();
        var pauses = new BackOff(FirstPause, LongestPause);
        while (await _host.TryTellReadyAsync(_closing.Token) is { } problem)
        {
            if (_clock.GetElapsedTime(began) > ReadyLimit)
            {
                LogNotHeard(problem);
                return;
            }

            await Task.Delay(pauses.Next(), _clock, _closing.Token);
        }
    }

    private async Task SendAsync(ContainerNotice notice)
    {
        var pauses = new BackOff(FirstPause, LongestPause);
        for (var attempt = 1; !await _host.TryTellAsync(notice, _closing.Token); attempt++)
        {
            if (attempt == Attempts)
            {
                LogLost(notice.Kind, notice.Container);
                return;
            }

            await Task.Delay(pauses.Next(), _clock, _closing.Token);
        }
    }

    [LoggerMessage(1891, LogLevel.Warning, "the host could not be told that containers can be had: {Problem}")]
    private partial void LogNotHeard(string problem);

    [LoggerMessage(1892, LogLevel.Warning, "the host was not told: {Kind} of container {Name}")]
    private partial void LogLost(ContainerNoticeKind kind, string name);
}
