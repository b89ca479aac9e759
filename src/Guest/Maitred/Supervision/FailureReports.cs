using System.Threading.Channels;
using VmTools.Guest.HostCall;

namespace VmTools.Guest.Maitred.Supervision;

/// <summary>
/// Tells the host that a program which was to stay has ended. One after the other, each with a short deadline, and at most a
/// few waiting: a host that does not listen costs the newest reports, and never holds up a restart.
/// </summary>
internal sealed class FailureReports : IAsyncDisposable
{
    private const int MaxWaiting = 8;

    private readonly CrashListenerCall _host;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lazy<(ChannelWriter<string> Writer, Task Loop)> _sender;

    public FailureReports(CrashListenerCall host)
    {
        _host = host;
        _sender = new Lazy<(ChannelWriter<string>, Task)>(Start);
    }

    /// <summary>Returns at once; a report that finds no place is dropped.</summary>
    public void Add(string process) => _sender.Value.Writer.TryWrite(process);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_sender.IsValueCreated)
        {
            await _sender.Value.Loop;
        }

        _stopping.Dispose();
    }

    private (ChannelWriter<string> Writer, Task Loop) Start()
    {
        var channel = Channel.CreateBounded<string>(MaxWaiting);
        return (channel.Writer, SendAllAsync(channel.Reader));
    }

    private async Task SendAllAsync(ChannelReader<string> names)
    {
        try
        {
            await foreach (var name in names.ReadAllAsync(_stopping.Token))
            {
                // The end itself is in the log; that the host does not collect reports is its own choice.
                await _host.TellFailureAsync(name, _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The VM goes down.
        }
    }
}
