using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>Collects the methods that a generated BindService names.</summary>
internal sealed class UnaryBinder : ServiceBinderBase
{
    private readonly Dictionary<string, IUnaryMethod> _methods = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, IUnaryMethod> Methods => _methods;

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _methods.Add(method.FullName, new UnaryMethod<TRequest, TResponse>(method, handler));
    }
}
