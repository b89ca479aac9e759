using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Vsock;

namespace VmTools.Unit.Protocol.Fakes;

/// <summary>A server with one scripted service on a vsock without machines, and the ways to call it.</summary>
internal sealed class ServedMaitred : IAsyncDisposable
{
    public static readonly VsockAddress Address = new(new Cid(5), Ports.Maitred);

    private readonly MemoryVsock _vsock;
    private GrpcServer? _server;
    private readonly GrpcChannel _channel;
    private int _ended;

    private ServedMaitred(MemoryVsock vsock)
    {
        _vsock = vsock;
        _channel = GrpcVsock.OpenChannel(vsock, Address);
    }

    public GrpcServer Server => _server!;

    /// <summary>From now on the server's listener fails to accept.</summary>
    public void BreakListener(Exception failure) => _vsock.ListenerOf(Ports.Maitred).Break(failure);

    /// <summary>How many connections have ended.</summary>
    public int Ended => Volatile.Read(ref _ended);

    public Maitred.MaitredClient Client => new(_channel);

    public static Task<ServedMaitred> StartAsync(Func<MountRequest, ServerCallContext, Task<MountResponse>> mount) =>
        StartAsync(mount, options => options);

    public static async Task<ServedMaitred> StartAsync(
        Func<MountRequest, ServerCallContext, Task<MountResponse>> mount, Func<GrpcServerOptions, GrpcServerOptions> change)
    {
        var vsock = new MemoryVsock();
        var served = new ServedMaitred(vsock);
        var options = new GrpcServerOptions
        {
            Listener = await vsock.ListenAsync(Ports.Maitred, CancellationToken.None),
            Services = [binder => Maitred.BindService(binder, new ScriptedMaitred(mount))],
            AcceptPeer = cid => cid == Cid.Host,
            ConnectionEnded = () => Interlocked.Increment(ref served._ended),
            Logger = NullLogger.Instance,
            Clock = TimeProvider.System,
        };
        served._server = await GrpcServer.StartAsync(change(options), CancellationToken.None);
        return served;
    }

    /// <summary>Answers the errno that the caller asks for in "permissions".</summary>
    public static Task<MountResponse> Echo(MountRequest request, ServerCallContext context) =>
        Task.FromResult(new MountResponse { Error = (int)request.Permissions });

    /// <summary>A connection without any client on it.</summary>
    public ValueTask<VsockStream> DialAsync(Cid from) => _vsock.As(from).ConnectAsync(Address, CancellationToken.None);

    /// <summary>A connection on which HTTP/2 has been agreed on, as far as the caller is concerned.</summary>
    public async Task<RawHttp2> DialHttp2Async()
    {
        var raw = new RawHttp2(await DialAsync(Cid.Host));
        await raw.SendPrefaceAsync();
        return raw;
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
