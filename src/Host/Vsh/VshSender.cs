using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;

namespace VmTools.Host.Vsh;

/// <summary>Everything that goes to the guest, one after the other: input, resizes and signals come from different places.</summary>
internal sealed class VshSender(VshConnection connection, VshActivity activity) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    public Task SendAsync(GuestMessage message, CancellationToken cancel) =>
        InTurnAsync(() => connection.WriteAsync(message, cancel), cancel);

    /// <summary>No bytes are the end of the input.</summary>
    public Task SendInputAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel) =>
        InTurnAsync(() => connection.WriteDataAsync(StdioStream.StdinStream, bytes, cancel), cancel);

    public void Dispose() => _turn.Dispose();

    private async Task InTurnAsync(Func<ValueTask> send, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            activity.Sent();
            await send();
        }
        finally
        {
            _turn.Release();
        }
    }
}
