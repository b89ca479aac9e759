namespace VmTools.Host.Concierge.Resources;

/// <summary>
/// A listener that is open while somebody needs it and a little longer, so that starts in a row share it. An idle server has
/// timers of its own that would wake the daemon for nothing.
/// </summary>
internal sealed class SharedListener(Func<CancellationToken, Task<IAsyncDisposable>> open, TimeProvider clock) : IAsyncDisposable
{
    public static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _ending = new();
    private IAsyncDisposable? _listener;
    private Task _closing = Task.CompletedTask;
    private bool _isClosing;
    private int _users;

    /// <summary>Open when this returns, and until the result is disposed.</summary>
    public async Task<IAsyncDisposable> OpenAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            _listener ??= await open(cancel);
            _users++;
            return new Use(this);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Closes it, whoever still needs it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _closing;
        if (_listener is not null)
        {
            await _listener.DisposeAsync();
            _listener = null;
        }

        _ending.Dispose();
        _turn.Dispose();
    }

    private async ValueTask LetGoAsync()
    {
        await _turn.WaitAsync();
        try
        {
            if (--_users == 0 && !_isClosing)
            {
                _isClosing = true;
                _closing = CloseLaterAsync();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task CloseLaterAsync()
    {
        try
        {
            await Task.Delay(Linger, clock, _ending.Token);
            await _turn.WaitAsync(_ending.Token);
        }
        catch (OperationCanceledException)
        {
            // The end of the daemon closes it.
            return;
        }

        try
        {
            // In use again: the last user then sees to it.
            _isClosing = false;
            if (_users == 0 && _listener is { } idle)
            {
                _listener = null;
                await idle.DisposeAsync();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private sealed class Use(SharedListener listener) : IAsyncDisposable
    {
        private int _disposed;

        public ValueTask DisposeAsync() =>
            Interlocked.Exchange(ref _disposed, 1) == 0 ? listener.LetGoAsync() : ValueTask.CompletedTask;
    }
}
