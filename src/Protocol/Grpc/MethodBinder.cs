using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>Collects the methods that a generated BindService names.</summary>
internal sealed class MethodBinder : ServiceBinderBase
{
    private readonly Dictionary<string, IServedMethod> _methods = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, IServedMethod> Methods => _methods;

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _methods.Add(method.FullName, new UnaryMethod<TRequest, TResponse>(method, handler));
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _methods.Add(method.FullName, new ClientStreamingMethod<TRequest, TResponse>(method, handler));
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _methods.Add(method.FullName, new ServerStreamingMethod<TRequest, TResponse>(method, handler));
    }
}
