namespace VmTools.Host.Vmc.Logs;

/// <summary>
/// Tells that something happened to the files of a directory (inotify), never what: the reader looks for itself, so that events
/// may come together or be lost in a flood without harm.
/// </summary>
internal sealed class LogWakes : IDisposable
{
    private readonly SemaphoreSlim _happened = new(initialCount: 1, maxCount: 1);
    private readonly FileSystemWatcher _watcher;

    /// <summary>From here on nothing is missed; the first wait ends at once.</summary>
    public LogWakes(string directory)
    {
        _watcher = new FileSystemWatcher(directory)
        {
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size,
        };
        _watcher.Changed += (_, _) => Happened();
        _watcher.Created += (_, _) => Happened();
        _watcher.Renamed += (_, _) => Happened();
        _watcher.Deleted += (_, _) => Happened();
        _watcher.Error += (_, _) => Happened();
        _watcher.EnableRaisingEvents = true;
    }

    public Task WaitAsync(CancellationToken cancel) => _happened.WaitAsync(cancel);

    public void Dispose()
    {
        _watcher.Dispose();
        _happened.Dispose();
    }

    private void Happened()
    {
        try
        {
            _happened.Release();
        }
        catch (Exception enough) when (enough is SemaphoreFullException or ObjectDisposedException)
        {
            // The reader is going to look already, or has left.
        }
    }
}
