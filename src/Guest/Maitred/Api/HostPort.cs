using Microsoft.Extensions.Logging;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Maitred.Api;

/// <summary>
/// The port on which the host commands this machine, served until disposed: a server that ends before is followed by another, because a
/// machine whose first process does not answer can only be killed.
/// </summary>
internal sealed partial class HostPort : IAsyncDisposable
{
    /// <summary>Between two attempts to serve the port again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly IVsockCarrier _carrier;
    private readonly GrpcServerOptions _options;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _serving;

    private HostPort(IVsockCarrier carrier, GrpcServerOptions options, GrpcServer first)
    {
        (_carrier, _options) = (carrier, options);
        _serving = ServeAsync(first);
    }

    /// <param name="carrier">Opens the port again when it must be.</param>
    /// <param name="options">The first server's; those that follow get listeners of their own.</param>
    /// <param name="cancel">Ends the start only.</param>
    public static async Task<HostPort> OpenAsync(IVsockCarrier carrier, GrpcServerOptions options, CancellationToken cancel) =>
        new(carrier, options, await GrpcServer.StartAsync(options, cancel));

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _serving;
        _closing.Dispose();
    }

    private async Task ServeAsync(GrpcServer first)
    {
        for (GrpcServer? server = first; server is not null; server = await ServeAgainAsync())
        {
            await using (server)
            {
                await Task.WhenAny(server.Ended, Task.Delay(Timeout.InfiniteTimeSpan, _options.Clock, _closing.Token));
            }
        }
    }

    /// <summary>Null when the port is being closed.</summary>
    private async Task<GrpcServer?> ServeAgainAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Pause, _options.Clock, _closing.Token);
                var listener = await _carrier.ListenAsync(_options.Listener.Port, _closing.Token);
                var server = await GrpcServer.StartAsync(_options with { Listener = listener }, _closing.Token);
                LogServedAgain(_options.Logger, _options.Listener.Port);
                return server;
            }
            catch (Exception failure) when (!_closing.IsCancellationRequested)
            {
                LogNotServed(_options.Logger, _options.Listener.Port, failure);
            }
            catch (OperationCanceledException)
            {
                // The port is being closed.
            }
        }

        return null;
    }

    [LoggerMessage(1063, LogLevel.Warning, "vsock port {Port} is served again")]
    private static partial void LogServedAgain(ILogger log, VsockPort port);

    [LoggerMessage(1064, LogLevel.Error, "vsock port {Port} cannot be served yet")]
    private static partial void LogNotServed(ILogger log, VsockPort port, Exception failure);
}
