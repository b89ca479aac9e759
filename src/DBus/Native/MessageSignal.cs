namespace VmTools.DBus.Native;

/// <summary>Sends a signal, from the bus thread.</summary>
internal static class MessageSignal
{
    /// <exception cref="DBusException">The path or a name in it breaks the syntax: a defect of the sender.</exception>
    internal static void Send(nint bus, BusSignal signal)
    {
        SdBusCheck.Result(
            SdBusMessage.NewSignal(bus, out var message, signal.Path, signal.Interface, signal.Member),
            $"make the signal {signal.Interface}.{signal.Member}");
        try
        {
            MessageWriter.Write(message, signal.Body);
            SdBusCheck.Result(SdBus.Send(bus, message, 0), "send a signal");
        }
        finally
        {
            SdBusMessage.Unref(message);
        }
    }
}
