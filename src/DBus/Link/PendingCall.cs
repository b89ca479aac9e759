using Tmds.DBus.Protocol;

namespace VmTools.DBus.Link;

/// <summary>One method call on its way, answered once: by reply, error, give-up or the bus's end.</summary>
internal sealed class PendingCall
{
    /// <summary>Replies come from services we chose to ask; only what a bus can carry bounds them.</summary>
    private static readonly ServeLimits ReplyLimits = new() { ArgumentBytes = 128 << 20, Fds = 253 };

    private readonly TaskCompletionSource<BusBody> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Continues away from the library's loop, because the caller may take its time.</summary>
    internal Task<BusBody> Reply => _reply.Task;

    internal async Task RunAsync(BusLink link, BusCall call, CancellationToken cancel)
    {
        try
        {
            await link.CallAsync(call, static (message, state) => ((PendingCall)state!).Received(message), this, cancel);
        }
        catch (OperationCanceledException)
        {
            Abandon(cancel);
        }
        catch (DBusException error)
        {
            _reply.TrySetException(error);
        }
    }

    /// <summary>Stops waiting; a reply that still comes is dropped. Any thread.</summary>
    internal void Abandon(CancellationToken why) => _reply.TrySetCanceled(why);

    private bool Received(Message message)
    {
        var body = BodyReader.Read(message, ReplyLimits);
        if (_reply.TrySetResult(body))
        {
            return true;
        }

        body.Dispose();
        return false;
    }
}
