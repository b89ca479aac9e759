namespace VmTools.DBus.Native;

/// <summary>A call that is being handled: the message that the reply must refer to, and what the call holds of the limits.</summary>
internal sealed class ServedCall(nint message, BusRequest request, long bytes)
{
    internal BusRequest Request { get; } = request;

    internal required ServedMethod Method { get; init; }

    internal long Bytes { get; } = bytes;

    /// <summary>Held by reference until answered; 0 afterwards. Bus thread only.</summary>
    internal nint Message { get; set; } = message;

    /// <summary>The handler at work.</summary>
    internal Task Work { get; set; } = Task.CompletedTask;
}
