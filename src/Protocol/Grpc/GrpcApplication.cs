using System.Collections.Frozen;
using Grpc.Core;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace VmTools.Protocol.Grpc;

/// <summary>
/// Takes each HTTP/2 request from Kestrel and answers it as gRPC over HTTP/2 wants it: finds the method, has it
/// called, and says in the trailers how it went.
/// </summary>
internal sealed partial class GrpcApplication : IHttpApplication<GrpcExchange>
{
    private readonly FrozenDictionary<string, IServedMethod> _methods;
    private readonly GrpcServerOptions _options;

    public GrpcApplication(GrpcServerOptions options)
    {
        var binder = new MethodBinder();
        foreach (var bind in options.Services)
        {
            bind(binder);
        }

        _methods = binder.Methods.ToFrozenDictionary(StringComparer.Ordinal);
        _options = options;
    }

    public GrpcExchange CreateContext(IFeatureCollection contextFeatures) => new(contextFeatures);

    public void DisposeContext(GrpcExchange context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(GrpcExchange context)
    {
        if (!context.IsGrpc)
        {
            context.RefuseAsHttp();
            return;
        }

        if (!_methods.TryGetValue(context.Path, out var method))
        {
            context.End(new Status(StatusCode.Unimplemented, "There is no such method here."));
            return;
        }

        if (!GrpcTimeout.TryParse(context.Timeout, out var timeout))
        {
            context.End(new Status(StatusCode.InvalidArgument, "The grpc-timeout header is malformed."));
            return;
        }

        using var call = new GrpcCallContext(context, method.Name, timeout, _options.Clock);
        await AnswerAsync(context, method, call);
    }

    private async Task AnswerAsync(GrpcExchange exchange, IServedMethod method, GrpcCallContext call)
    {
        try
        {
            await method.AnswerAsync(exchange, call, _options.Limits.MessageBytes);
        }
        catch (Exception failure)
        {
            var (status, isBug) = GrpcStatuses.Of(failure, call.IsPastDeadline);
            if (isBug)
            {
                CallFailed(_options.Logger, method.Name, call.Peer, failure);
            }

            exchange.End(status, (failure as RpcException)?.Trailers);
        }
    }

    [LoggerMessage(2001, LogLevel.Error, "The call {Method} from {Peer} failed by a defect.")]
    private static partial void CallFailed(ILogger logger, string method, string peer, Exception failure);
}
