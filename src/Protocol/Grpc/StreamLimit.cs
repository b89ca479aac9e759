namespace VmTools.Protocol.Grpc;

/// <summary>
/// Keeps the calls that wait for an answer within what our servers allow on one connection. A client learns that number only
/// from the server's settings; calls beyond it that were begun before would cost the whole connection.
/// </summary>
internal sealed class StreamLimit(HttpMessageHandler inner, int limit) : DelegatingHandler(inner)
{
    private readonly SemaphoreSlim _streams = new(limit);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await _streams.WaitAsync(cancellationToken);
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            _streams.Release();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _streams.Dispose();
        }

        base.Dispose(disposing);
    }
}
