using Google.Protobuf;
using Grpc.Core;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.HostCall;

/// <summary>A gRPC service of the host, at its vsock port. Each call has a connection of its own and a deadline.</summary>
internal sealed class HostService(IVsockCarrier carrier, VsockPort port, TimeProvider clock)
{
    private readonly VsockAddress _address = new(Cid.Host, port);

    /// <summary>Calls one method and says how that ended; only cancelling it is an exception.</summary>
    /// <param name="request">The method's full path and a serialized message.</param>
    /// <param name="parser">Reads the answer.</param>
    /// <param name="limit">How long the call may take from the first attempt to connect.</param>
    /// <param name="cancel">Ends the call with an <see cref="OperationCanceledException"/>.</param>
    public async Task<HostAnswer<TResponse>> CallAsync<TResponse>(
        OneShotRequest request, MessageParser<TResponse> parser, TimeSpan limit, CancellationToken cancel)
        where TResponse : class, IMessage<TResponse>
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            await using var stream = await carrier.ConnectAsync(_address, either.Token);
            var message = await OneShotUnaryCall.InvokeAsync(stream.Stream, request, parser, either.Token);
            return new HostAnswer<TResponse>(StatusCode.OK, "", message);
        }
        catch (RpcException refused)
        {
            var detail = refused.Status.Detail;
            return new HostAnswer<TResponse>(refused.StatusCode, detail.Length > 0 ? detail : refused.StatusCode.ToString(), null);
        }
        catch (Exception unreachable) when (unreachable is VmToolsException or IOException)
        {
            return new HostAnswer<TResponse>(StatusCode.Unavailable, unreachable.Message, null);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return new HostAnswer<TResponse>(StatusCode.DeadlineExceeded, $"no answer within {limit.TotalSeconds} s", null);
        }
    }
}

/// <summary>How a call to the host has ended.</summary>
/// <param name="Status">What the host said; Unavailable where it could not be reached, DeadlineExceeded where it took too long.</param>
/// <param name="Reason">Why there is no message, for a log; empty where there is one.</param>
/// <param name="Message">The answer; null unless the status is OK.</param>
internal readonly record struct HostAnswer<TResponse>(StatusCode Status, string Reason, TResponse? Message)
    where TResponse : class;
