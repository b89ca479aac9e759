using Microsoft.Extensions.Logging;

namespace VmTools.Guest.Tremplin.Listening;

/// <summary>
/// Looks which TCP ports the programs of running containers listen on, and tells the host what has changed. The kernel has no event for
/// it that a program could wait for without a filter of its own in the kernel, so it looks every two seconds, in memory alone.
/// </summary>
/// <param name="look">The ports of each running container that has any, by name.</param>
/// <param name="tell">Tells all of them; true when the host has heard.</param>
/// <param name="clock">For the pauses.</param>
/// <param name="log">Is told once when the host does not listen.</param>
internal sealed partial class PortWatch(
    Func<IReadOnlyDictionary<string, IReadOnlyList<ushort>>> look,
    Func<IReadOnlyDictionary<string, IReadOnlyList<ushort>>, CancellationToken, Task<bool>> tell,
    TimeProvider clock,
    ILogger log) : IAsyncDisposable
{
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>After a host that did not listen: it asks by itself when it is back.</summary>
    public static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _closing = new();
    private readonly ILogger _log = log;
    private Task _watching = Task.CompletedTask;

    public void Start() => _watching = WatchAsync();

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _watching;
        _closing.Dispose();
    }

    private async Task WatchAsync()
    {
        var told = "";
        var isHeard = true;
        try
        {
            while (true)
            {
                await Task.Delay(isHeard ? Pause : PauseAfterFailure, clock, _closing.Token);
                var ports = look();
                var text = string.Join(';', ports.OrderBy(entry => entry.Key, StringComparer.Ordinal)
                    .Select(entry => $"{entry.Key}:{string.Join(',', entry.Value)}"));
                if (text == told)
                {
                    continue;
                }

                var wasHeard = isHeard;
                isHeard = await tell(ports, _closing.Token);
                told = isHeard ? text : told;
                if (wasHeard && !isHeard)
                {
                    LogNotHeard();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // tremplin ends.
        }
    }

    [LoggerMessage(1941, LogLevel.Warning, "the host was not told on which ports containers listen; it will be")]
    private partial void LogNotHeard();
}
