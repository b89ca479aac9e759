using Grpc.Core;
using Microsoft.Extensions.Logging;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Maitred;

/// <summary>
/// Tells the host that the VM is ready, until it has heard: a host that never does must not stop the VM, which can still be
/// reached from there.
/// </summary>
internal sealed partial class ReadyMessage(IVsockCarrier carrier, TimeProvider clock, ILogger log)
{
    private const string Method = "/vm_tools.StartupListener/VmReady";

    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan TotalLimit = TimeSpan.FromSeconds(90);

    public async Task SendAsync(VsockPort port, CancellationToken cancel)
    {
        var started = clock.GetTimestamp();
        string? problem;
        while ((problem = await TryAsync(new VsockAddress(Cid.Host, port), cancel)) is not null)
        {
            if (clock.GetElapsedTime(started) > TotalLimit)
            {
                LogNotHeard(problem);
                return;
            }

            await Task.Delay(Pause, clock, cancel);
        }

        LogReady();
    }

    /// <summary>Null when the host has heard, else why not.</summary>
    private async Task<string?> TryAsync(VsockAddress host, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(AttemptLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            await using var stream = await carrier.ConnectAsync(host, either.Token);
            await OneShotUnaryCall.InvokeAsync(stream.Stream, (Method, new EmptyMessage()), EmptyMessage.Parser, either.Token);
            return null;
        }
        catch (Exception failure) when (failure is VmToolsException or RpcException or IOException)
        {
            return failure.Message;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return $"no answer within {AttemptLimit.TotalSeconds} s";
        }
    }

    [LoggerMessage(EventId = 1051, Level = LogLevel.Information, Message = "the host knows that the VM is ready")]
    private partial void LogReady();

    [LoggerMessage(EventId = 1052, Level = LogLevel.Warning, Message = "the host could not be told that the VM is ready: {Problem}")]
    private partial void LogNotHeard(string problem);
}
