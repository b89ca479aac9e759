using Microsoft.Extensions.Logging;
using VmTools.Host.LogStore;

namespace VmTools.Host.LogForwarder.Files;

/// <summary>
/// Goes through the logs of all VMs, running or not, at its start and every minute. A round that takes too long is called off.
/// </summary>
internal sealed partial class LogKeeper(string state, TidyLogs tidy, TimeProvider clock, ILogger log) : IAsyncDisposable
{
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan RoundLimit = TimeSpan.FromMinutes(5);

    private readonly CancellationTokenSource _ending = new();
    private Task _keeping = Task.CompletedTask;

    /// <summary>What was last told of each directory: a disk that stays full is told once.</summary>
    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);

    public void Start() => _keeping = KeepAsync();

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _keeping;
        _ending.Dispose();
    }

    private async Task KeepAsync()
    {
        // The daemon's start does not wait for the first round.
        await Task.Yield();
        try
        {
            while (true)
            {
                await RoundAsync();
                await Task.Delay(Pause, clock, _ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task RoundAsync()
    {
        using var limit = new CancellationTokenSource(RoundLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _ending.Token);
        foreach (var directory in VmDirectories())
        {
            try
            {
                await tidy.RunAsync(new VmLogPaths(directory), either.Token);
                _told.Remove(directory);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                Tell(directory, refused.Message);
            }
            catch (OperationCanceledException) when (!_ending.IsCancellationRequested)
            {
                Tell(directory, $"It took longer than {RoundLimit}.");
                return;
            }
        }
    }

    private List<string> VmDirectories()
    {
        try
        {
            return [.. Below(state).Select(owner => Path.Combine(owner, "log")).Where(Directory.Exists).SelectMany(Below)];
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            Tell(state, refused.Message);
            return [];
        }
    }

    /// <summary>Directories, and no symbolic links to them, as these lead to places that are not ours.</summary>
    private static IEnumerable<string> Below(string directory) =>
        Directory.Exists(directory)
            ? Directory.EnumerateDirectories(directory, "*", new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint })
            : [];

    private void Tell(string directory, string why)
    {
        if (_told.GetValueOrDefault(directory) != why)
        {
            _told[directory] = why;
            LogUntidy(directory, why);
        }
    }

    [LoggerMessage(3201, LogLevel.Warning, "The log files in {Directory} could not all be tidied: {Why}")]
    private partial void LogUntidy(string directory, string why);
}
