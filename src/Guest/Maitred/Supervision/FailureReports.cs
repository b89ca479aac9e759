using System.Threading.Channels;
using Grpc.Core;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Maitred.Supervision;

/// <summary>
/// Tells the host that a program which was to stay has ended. One after the other, each with a short deadline, and at most a
/// few waiting: a host that does not listen costs the newest reports, and never holds up a restart.
/// </summary>
internal sealed class FailureReports : IAsyncDisposable
{
    private const string Method = "/vm_tools.cicerone.CrashListener/SendFailureReport";
    private const int MaxWaiting = 8;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly IVsockCarrier _carrier;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lazy<(ChannelWriter<string> Writer, Task Loop)> _sender;

    public FailureReports(IVsockCarrier carrier, TimeProvider clock)
    {
        (_carrier, _clock) = (carrier, clock);
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
                await SendAsync(name);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The VM goes down.
        }
    }

    private async Task SendAsync(string name)
    {
        using var limit = new CancellationTokenSource(Limit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, limit.Token);
        try
        {
            await using var stream = await _carrier.ConnectAsync(new VsockAddress(Cid.Host, Ports.CrashListener), either.Token);
            await OneShotUnaryCall.InvokeAsync(
                stream.Stream, (Method, new FailureReport { FailedProcess = name }), EmptyMessage.Parser, either.Token);
        }
        catch (Exception unheard) when (unheard is VmToolsException or RpcException or IOException or OperationCanceledException)
        {
            // The end itself is in the log; that the host does not collect reports is its own choice.
        }
    }
}
