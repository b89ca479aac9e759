using VmTools.Host.GuestText;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;

namespace VmTools.Host.Vsh;

/// <summary>
/// One program in the guest, from the request to its end:
/// 1. the request and its answer;
/// 2. input and output flow, signals and resizes are sent, until the guest says how it ended or the connection is lost;
/// 3. whatever still runs here is stopped.
/// </summary>
internal sealed class VshSession : IAsyncDisposable
{
    /// <summary>A guest that is busy booting answers late, but a person should not wait for ever.</summary>
    private static readonly TimeSpan SetupLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long a command may take to end that was told to because its input failed.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly VshSender _sender;
    private readonly CancellationTokenSource _over = new();
    private readonly List<Task> _notes = [];
    private readonly VshConnection _connection;
    private readonly VshStdio _stdio;
    private readonly TimeProvider _clock;
    private bool _disposed;

    public VshSession(VshConnection connection, VshStdio stdio, TimeProvider clock)
    {
        (_connection, _stdio, _clock) = (connection, stdio, clock);
        Activity = new VshActivity(clock);
        _sender = new VshSender(connection, Activity);
    }

    public VshActivity Activity { get; }

    /// <summary>Step 1.</summary>
    /// <exception cref="VmToolsException">The guest refused, or did not answer.</exception>
    public async Task OpenAsync(SetupConnectionRequest request, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(SetupLimit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            await _connection.WriteAsync(request, either.Token);
            var answer = await _connection.ReadAsync(SetupConnectionResponse.Parser, either.Token)
                ?? throw new VmToolsException(ErrorKind.Unavailable, "The guest's shell server closed the connection without an answer.");
            if (answer.Status != ConnectionStatus.Ready)
            {
                throw new VmToolsException(
                    ErrorKind.FailedPrecondition,
                    $"The guest refused: {SafeText.ForSentence(answer.Description, VshEnding.MostDescription)}");
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new VmToolsException(
                ErrorKind.DeadlineExceeded, $"The guest's shell server did not answer within {SetupLimit.TotalSeconds:0} seconds.");
        }
        catch (Exception lost) when (lost is IOException or InvalidDataException)
        {
            throw new VmToolsException(ErrorKind.Unavailable, $"The guest's shell server could not be talked to. {lost.Message}", lost);
        }
    }

    /// <summary>Steps 2 and 3. A signal that ends us ends the wait, even where our output is stuck.</summary>
    public async Task<VshEnding> RunAsync(Task<VshEnding> interrupted)
    {
        var output = Task.Run(() => new OutputPump(_connection, _stdio, Activity).RunAsync(_over.Token));
        var input = Task.Run(() => new InputPump(_stdio, _sender, Activity).RunAsync(_over.Token));
        var ending = await Task.WhenAny((Task)output, interrupted, input) == input && await input is { } failed
            ? await PartAsync(failed, output, interrupted)
            : await await Task.WhenAny(output, interrupted);
        await _over.CancelAsync();
        await input;
        return ending;
    }

    /// <summary>
    /// The command may still have last words, but must not see its input end as if all had come: it is told to end before the
    /// connection is closed. A terminal's programs are hung up with the connection.
    /// </summary>
    private async Task<VshEnding> PartAsync(VshEnding ending, Task output, Task interrupted)
    {
        if (!_stdio.IsInteractive)
        {
            SendSignal(Signal.Term);
            await Task.WhenAny(output, interrupted, Task.Delay(Farewell, _clock, _over.Token));
        }

        return ending;
    }

    /// <summary>Tells the guest our terminal's new size.</summary>
    public void Resize(ushort rows, ushort columns) =>
        Note(new GuestMessage { ResizeMessage = new WindowResizeMessage { Rows = rows, Cols = columns } });

    /// <summary>Sends the program a signal.</summary>
    public void SendSignal(Signal signal) => Note(new GuestMessage { Signal = signal });

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _over.CancelAsync();
        await _connection.DisposeAsync();
        await Task.WhenAll(_notes);
        _sender.Dispose();
        _over.Dispose();
    }

    /// <summary>Signal handlers cannot wait; the message is on its way until the session ends.</summary>
    private void Note(GuestMessage message)
    {
        lock (_notes)
        {
            _notes.RemoveAll(note => note.IsCompleted);
            _notes.Add(TrySendAsync(message));
        }
    }

    /// <summary>A session that ends at the same moment needs neither signals nor sizes.</summary>
    private async Task TrySendAsync(GuestMessage message)
    {
        try
        {
            await _sender.SendAsync(message, _over.Token);
        }
        catch (Exception over) when (over is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Over.
        }
    }
}
